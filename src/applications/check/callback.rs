//! A callback is compared to the letter; where it is not registered, the nearest registered one shows what is wrong.

use url::Url;

use super::observation::{Observation, Part};

/// A callback of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loopback {
    /// To the letter.
    pub(super) uri: String,
    /// The port to listen on.
    pub(super) port: u16,
    /// The path to answer at.
    pub(super) path: String,
}

/// Returns the observation for a callback that is not one of `registered`.
pub(super) fn differs(wanted: &str, registered: &[String]) -> Observation {
    let compared = registered.iter().map(|uri| (uri.clone(), parts(wanted, uri)));
    Observation::CallbackDiffers { wanted: wanted.to_owned(), nearest: compared.min_by_key(|(_, parts)| parts.len()) }
}

/// In what two different addresses differ.
pub(super) fn parts(one: &str, other: &str) -> Vec<Part> {
    let (Ok(a), Ok(b)) = (Url::parse(one), Url::parse(other)) else { return vec![Part::Spelling] };
    let bare = |url: &Url| url.path().trim_end_matches('/').to_owned();
    // The usual ports of two schemes differ with the schemes.
    let same_port = if a.scheme() == b.scheme() {
        a.port_or_known_default() == b.port_or_known_default()
    } else {
        a.port() == b.port()
    };
    let differing = [
        (a.scheme() != b.scheme(), Part::Scheme),
        (a.host_str() != b.host_str(), Part::Host),
        (!same_port, Part::Port),
        (bare(&a) != bare(&b), Part::Path),
        (bare(&a) == bare(&b) && a.path() != b.path(), Part::Slash),
        (a.query() != b.query(), Part::Query),
    ];
    let found: Vec<Part> = differing.into_iter().filter_map(|(differs, part)| differs.then_some(part)).collect();
    if found.is_empty() && one != other { vec![Part::Spelling] } else { found }
}

/// The callback that this machine can receive: the one that was given, else the first of `registered`.
pub(super) fn loopback(given: Option<&str>, registered: &[String]) -> Option<Loopback> {
    given.into_iter().chain(registered.iter().map(String::as_str)).find_map(|uri| {
        let url = Url::parse(uri).ok().filter(|url| url.scheme() == "http" && url.query().is_none())?;
        let port = url.port().filter(|_| url.host_str() == Some("127.0.0.1"))?;
        Some(Loopback { uri: uri.to_owned(), port, path: url.path().to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_named() {
        let registered = "https://gitlab.example.com/git/users/auth/alicloud/callback";
        for (wanted, expected) in [
            ("http://gitlab.example.com/git/users/auth/alicloud/callback", vec![Part::Scheme]),
            ("https://git.example.com/git/users/auth/alicloud/callback", vec![Part::Host]),
            ("https://gitlab.example.com:8443/git/users/auth/alicloud/callback", vec![Part::Port]),
            ("https://gitlab.example.com/users/auth/alicloud/callback", vec![Part::Path]),
            ("https://gitlab.example.com/git/users/auth/alicloud/callback/", vec![Part::Slash]),
            ("https://gitlab.example.com/git/users/auth/alicloud/callback?x=1", vec![Part::Query]),
            ("https://gitlab.example.com:443/git/users/auth/alicloud/callback", vec![Part::Spelling]),
            ("https://GITLAB.example.com/git/users/auth/alicloud/callback", vec![Part::Spelling]),
            ("http://other/git/users/auth/alicloud/callback", vec![Part::Scheme, Part::Host]),
            (registered, vec![]),
        ] {
            assert_eq!(parts(wanted, registered), expected, "{wanted}");
        }
    }

    #[test]
    fn only_a_plain_loopback_callback_is_received_here() {
        let registered = ["https://gitlab.example.com/cb", "http://localhost:1/x", "http://127.0.0.1:8088/cb"];
        let found = loopback(Some("https://x/"), &registered.map(str::to_owned)).unwrap();
        assert_eq!((found.uri.as_str(), found.port, found.path.as_str()), (registered[2], 8088, "/cb"));
        for uri in ["http://127.0.0.1/cb", "https://127.0.0.1:1/", "http://127.0.0.1:1/?a", "http://127.0.0.2:1/"] {
            assert_eq!(loopback(Some(uri), &[]), None, "{uri}");
        }
    }
}
