//! The ids of Alibaba Cloud's regions, to catch a mistyped one. There is no complete official list that a program could
//! read, so an id that is not here may be right all the same.

use strsim::damerau_levenshtein;

/// The public regions, those of the government and finance clouds, and two that were closed (Alibaba Cloud, "Regions and
/// zones"; the Terraform provider's list).
const IDS: [&str; 36] = [
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-nanjing",
    "cn-fuzhou",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-guangzhou",
    "cn-chengdu",
    "cn-hongkong",
    "cn-zhongwei",
    "cn-zhengzhou-jva",
    "cn-north-2-gov-1",
    "cn-shanghai-finance-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-southeast-8",
    "eu-central-1",
    "eu-west-1",
    "me-central-1",
    "me-east-1",
    "na-south-1",
    "us-east-1",
    "us-southeast-1",
    "us-west-1",
];

/// How many mistyped characters still suggest a region.
const FARTHEST: usize = 3;

/// The ids that are known.
pub fn known() -> &'static [&'static str] {
    &IDS
}

/// Whether the id is a known one.
pub fn is_known(id: &str) -> bool {
    IDS.contains(&id)
}

/// The known id that an unknown one was probably meant to be.
pub fn meant(id: &str) -> Option<&'static str> {
    let distance = |known: &&str| damerau_levenshtein(known, id);
    IDS.into_iter().min_by_key(distance).filter(|nearest| distance(nearest) <= FARTHEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_id_suggests_the_nearest_region() {
        for (id, nearest) in [
            ("cn-hangzou", Some("cn-hangzhou")),
            ("cn-hangzhuo", Some("cn-hangzhou")),
            ("cnhangzhou", Some("cn-hangzhou")),
            ("ap-southest-1", Some("ap-southeast-1")),
            ("us-wset-1", Some("us-west-1")),
            ("mars-1", None),
            ("", None),
        ] {
            assert_eq!(meant(id), nearest, "{id}");
            assert!(!is_known(id));
        }
    }

    #[test]
    fn each_id_is_listed_once() {
        let mut ids = IDS.to_vec();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), IDS.len());
    }
}
