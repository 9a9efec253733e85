//! What edits do to whole files.

use aliyun_rs::config::{Changes, Config, Defect, Field, FieldDefect, Malformed, Mode, Oddity, ProfileName};
use aliyun_rs::secret::Secret;
use aliyun_rs::site::Site;
use aliyun_rs::time::Timestamp;

use crate::support::named;

use super::REALISTIC;

fn sign_in() -> Changes {
    let token = Secret::new("token");
    Changes::new()
        .text(Field::OauthSiteType, Site::China.as_str())
        .secret(Field::OauthAccessToken, &token)
        .time(Field::StsExpiration, Timestamp::from_unix(1_700_000_000))
        .text(Field::Mode, Mode::OAuth.as_str())
}

fn config(text: &str) -> Config {
    Config::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_new_file_has_the_official_layout_and_key_order() {
    let mut config = Config::empty();
    config.upsert(&named("dev"), &sign_in());
    config.set_current(&named("dev"));
    config.upsert(&named("dev"), &Changes::new().text(Field::Language, "en").text(Field::RegionId, "cn-hangzhou"));
    let expected = "{\n\t\"current\": \"dev\",\n\t\"profiles\": [\n\t\t{\n\t\t\t\"name\": \"dev\",\n\t\t\t\"mode\": \"OAuth\",\n\
        \t\t\t\"region_id\": \"cn-hangzhou\",\n\t\t\t\"language\": \"en\",\n\t\t\t\"sts_expiration\": 1700000000,\n\
        \t\t\t\"oauth_access_token\": \"token\",\n\t\t\t\"oauth_site_type\": \"CN\"\n\t\t}\n\t],\n\t\"meta_path\": \"\"\n}";
    assert_eq!(config.text(), expected);
    assert!(config.remove(&named("dev")));
    assert_eq!(config.text(), Config::empty().text().replacen("\"\"", "\"dev\"", 1));
}

#[test]
fn a_new_profile_is_laid_out_like_the_file_it_joins() {
    for (before, after) in [
        (r#"{"profiles":[]}"#, r#"{"profiles":[{"name":"b","mode":"AK"}]}"#),
        (r#"{"profiles": [{"name": "a"}]}"#, r#"{"profiles": [{"name": "a"}, {"name": "b", "mode": "AK"}]}"#),
        (r#"{"profiles":null,"x":1}"#, r#"{"profiles":[{"name":"b","mode":"AK"}],"x":1}"#),
        (r#"{"x":1}"#, r#"{"profiles":[{"name":"b","mode":"AK"}],"x":1}"#),
        (
            "{\r\n  \"current\": \"\"\r\n}\r\n",
            "{\r\n  \"current\": \"\",\r\n  \"profiles\": [\r\n    {\r\n      \"name\": \"b\",\r\n      \"mode\": \"AK\"\r\n    }\r\n  ]\r\n}\r\n",
        ),
    ] {
        let mut config = config(before);
        config.upsert(&named("b"), &Changes::new().text(Field::Mode, "AK"));
        assert_eq!(config.text(), after);
    }
}

#[test]
fn an_edit_that_says_what_is_there_changes_no_byte() {
    let mut config = config(REALISTIC);
    let token = Secret::new("canary</");
    config.upsert(&named("dev"), &Changes::new().secret(Field::OauthRefreshToken, &token).text(Field::Language, ""));
    config.upsert(&named("dev"), &Changes::new().number(Field::StsExpiration, 1_700_000_000).remove(Field::StsToken));
    config.set_current(&named("dev"));
    assert!(!config.remove(&named("nobody")));
    assert_eq!(config.text(), REALISTIC);
}

#[test]
fn a_switch_there_and_back_keeps_the_spelling_of_the_name() {
    let text = r#"{"current":"a\u0026b","profiles":[{"name":"a\u0026b"},{"name":"c"}]}"#;
    let mut config = config(text);
    config.set_current(&named("c"));
    assert_eq!(config.current(), Some(&named("c")));
    config.set_current(&named("a&b"));
    assert_eq!(config.text(), text);
}

#[test]
fn the_first_of_two_namesakes_counts_and_both_are_deleted() {
    let mut config = config(r#"{"profiles":[{"name":"a","mode":"AK"},{"name":"b"},{"name":"a","mode":"OAuth"}]}"#);
    assert_eq!(config.names(), ["a", "b"]);
    assert_eq!(config.profiles().count(), 2);
    assert_eq!(config.find(&named("a")).unwrap().mode, Mode::Ak);
    assert_eq!(config.oddities(), [Oddity::DuplicateName(named("a"))]);
    config.upsert(&named("a"), &Changes::new().text(Field::Mode, "External"));
    assert!(config.text().starts_with(r#"{"profiles":[{"name":"a","mode":"External"},"#));
    assert!(config.remove(&named("a")));
    assert_eq!(config.text(), r#"{"profiles":[{"name":"b"}]}"#);
}

#[test]
fn a_bad_profile_or_field_does_not_affect_others() {
    let config = config(concat!(
        "{\"current\":7,\"profiles\":[\n1,{\"mode\":\"AK\"},{\"name\":[]},",
        "{\"name\":\"ms\",\"mode\":\"oauth\",\"sts_expiration\":1700000000000,\"oauth_access_token\":{},",
        "\"oauth_access_token_expire\":-5,\"oauth_refresh_token\":null,\"language\":\"\",\"oauth_site_type\":\"XX\",",
        "\"region_id\":\"x\",\"region_id\":\"y\"},{\"name\":\"good\",\"mode\":\"New\",\"sts_expiration\":0}]}",
    ));
    let skipped = |column| Oddity::NotAProfile(Malformed { line: 2, column, what: Defect::NotAProfile });
    assert_eq!(config.oddities(), [Oddity::CurrentNotAString, skipped(1), skipped(3), skipped(17)]);
    assert_eq!(config.current(), None);
    let profile = config.find(&named("ms")).unwrap();
    assert_eq!((profile.mode, profile.sts_expiration, profile.oauth_access_token_expire), (Mode::OAuth, None, None));
    assert_eq!((profile.oauth_access_token, profile.oauth_refresh_token, profile.language), (None, None, None));
    assert_eq!((profile.region_id.as_deref(), profile.site), (Some("y"), None));
    for fault in [
        FieldDefect::Unusable(Field::StsExpiration),
        FieldDefect::Unusable(Field::OauthAccessToken),
        FieldDefect::Unusable(Field::OauthAccessTokenExpire),
        FieldDefect::Unusable(Field::OauthSiteType),
        FieldDefect::Repeated(Field::RegionId),
    ] {
        assert!(profile.faults.contains(&fault), "{fault:?}");
    }
    assert_eq!(profile.faults.len(), 5);
    let good = config.find(&named("good")).unwrap();
    assert_eq!((good.mode, good.faults), (Mode::Unknown("New".to_owned()), Vec::new()));
}

#[test]
fn secrets_of_a_profile_are_not_shown() {
    let profile = config(REALISTIC).find(&named("dev")).unwrap();
    assert_eq!(profile.region_id.as_deref(), Some("cn-hangzhou"));
    assert!(profile.oauth_refresh_token.is_some());
    assert!(!format!("{profile:?}").contains("canary"));
}

#[test]
fn ten_thousand_profiles_are_handled() {
    let profiles: Vec<_> = (0..10_000).map(|n| format!(r#"{{"name":"p{n}","mode":"AK"}}"#)).collect();
    let mut config = config(&format!(r#"{{"profiles":[{}]}}"#, profiles.join(",")));
    assert_eq!(config.names().len(), 10_000);
    assert!(config.remove(&named("p5000")));
    config.upsert(&named("p9999"), &Changes::new().text(Field::RegionId, "r"));
    assert_eq!(config.find(&named("p9999")).unwrap().region_id.as_deref(), Some("r"));
    assert_eq!(config.profiles().count(), 9_999);
}

#[test]
fn a_profile_with_a_name_nobody_could_type_is_edited_like_others() {
    for name in [" ", "a\u{1b}[31m", "a\u{202e}b", &"x".repeat(300)] {
        assert!(name.parse::<ProfileName>().is_err(), "{name:?}");
        let item = serde_json::json!({"name": name, "mode": "AK"});
        let text = format!(r#"{{"current": {}, "profiles": [{item}], "x": 1.0}}"#, item["name"]);
        let mut config = config(&text);
        let found = config.names()[0].clone();
        assert_eq!(
            (found.as_str(), config.current(), config.find(&found).unwrap().name),
            (name, Some(&found), found.clone())
        );
        config.upsert(&found, &Changes::new().text(Field::Language, "en"));
        assert_eq!(config.text(), text.replace("}]", r#","language":"en"}]"#));
        assert!(config.remove(&found));
    }
}
