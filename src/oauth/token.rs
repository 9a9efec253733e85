//! The token endpoint: code for tokens, refresh, revocation.
//!
//! Whatever else an answer holds, a usable new refresh token in it is returned: the one that was presented is used
//! up by then, and everything else can be obtained later. Keeping it is left to the caller, and so is every retry.

use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use oauth2::PkceCodeVerifier;

use crate::host::{Http, Request, Response, TimeLimit};
use crate::reply::{FieldProblem, Reply, ReplyError};
use crate::secret::Secret;
use crate::site::{Cloud, Site};
use crate::time::Timestamp;
use crate::tokens::Tokens;

/// How long the answer may take that brings new tokens: what was presented is spent by the request, so an answer that
/// is given up is a login lost.
const SPENDING_TIME_LIMIT: TimeLimit = TimeLimit(Duration::from_secs(60));
/// The lifetime of an access token whose answer names none (RFC 6749 section 5.1 lets the server be silent).
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);
/// The longest lifetime of an access token that is believed: Alibaba Cloud's are valid for three hours at most.
const LONGEST_ACCESS: Duration = Duration::from_secs(24 * 3600);
/// The longest lifetime of a refresh token that is believed: Alibaba Cloud's are valid for a year at most.
const LONGEST_SESSION: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The token endpoint of one site.
pub struct TokenEndpoint<'a> {
    http: &'a dyn Http,
    token_url: String,
    revoke_url: String,
    cloud: Cloud,
    site: Site,
}

impl<'a> TokenEndpoint<'a> {
    /// The endpoint of `site` in `cloud`, reached through `http`.
    pub fn new(http: &'a dyn Http, cloud: &Cloud, site: Site) -> Self {
        Self { http, token_url: cloud.token_url(site), revoke_url: cloud.revoke_url(site), cloud: cloud.clone(), site }
    }

    /// Turns an authorization code into tokens (RFC 6749 section 4.1.3). The code is sent once, whatever happens.
    ///
    /// # Errors
    /// [`ReplyError`]; tokens without a refresh token are one too, since a native application always gets one.
    pub async fn redeem(
        &self,
        code: &Secret,
        verifier: &PkceCodeVerifier,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Tokens, ReplyError> {
        self.cloud.check_token(code)?;
        let verifier = Secret::new(verifier.secret().as_str());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("code_verifier", verifier.expose()),
            ("redirect_uri", redirect_uri),
        ];
        self.ask_for_tokens(&form, &[code, &verifier], None, now).await
    }

    /// Gets new tokens for `refresh_token`, which that uses up (RFC 6749 section 6). Without a new refresh token
    /// in the answer the old one stays valid.
    ///
    /// # Errors
    /// [`ReplyError`]
    pub async fn refresh(&self, refresh_token: &Secret, now: Timestamp) -> Result<Tokens, ReplyError> {
        self.cloud.check_token(refresh_token)?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        self.ask_for_tokens(&form, &[refresh_token], Some(refresh_token), now).await
    }

    /// Asks the server to forget `refresh_token` (RFC 7009 section 2.1).
    ///
    /// # Errors
    /// [`ReplyError`]; a status of success is not enough, since a network's sign-in page has one too.
    pub async fn revoke(&self, refresh_token: &Secret) -> Result<(), ReplyError> {
        self.cloud.check_token(refresh_token)?;
        let form = [("token", refresh_token.expose()), ("token_type_hint", "refresh_token")];
        let (host, response) = self.post(&self.revoke_url, &form, None).await?;
        Reply::acknowledged(&host, &response, &[refresh_token])
    }

    /// The error of an answer that brought no usable access token.
    pub fn no_access_token(&self) -> ReplyError {
        let host = url::Url::parse(&self.token_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        ReplyError::Field { host: host.unwrap_or_default(), field: "access_token", problem: FieldProblem::Missing }
    }

    async fn ask_for_tokens(
        &self,
        form: &[(&str, &str)],
        sent: &[&Secret],
        presented: Option<&Secret>,
        now: Timestamp,
    ) -> Result<Tokens, ReplyError> {
        match self.post(&self.token_url, form, Some(SPENDING_TIME_LIMIT)).await {
            Ok((host, response)) => read(&host, &response, sent, presented, now),
            Err(ReplyError::Transport(error)) => {
                error.received.0.as_ref().and_then(|part| rotated(&error.host, part, now)).ok_or(error.into())
            }
            Err(error) => Err(error),
        }
    }

    /// Posts a form of a public client, which names itself in it (RFC 6749 section 3.2.1).
    async fn post(
        &self,
        url: &str,
        form: &[(&str, &str)],
        limit: Option<TimeLimit>,
    ) -> Result<(String, Response), ReplyError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .append_pair("client_id", self.site.client_id())
            .finish();
        let mut request = http::Request::post(url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes())
            .expect("a compiled-in URL makes a request");
        limit.map(|limit| request.extensions_mut().insert(limit));
        Ok((host_of(&request), self.http.send(request).await?))
    }
}

pub(super) fn host_of(request: &Request) -> String {
    request.uri().host().unwrap_or_default().to_owned()
}

/// The tokens of an answer, or of the part of it that came, if it is a success with a usable new refresh token: then
/// nothing else in it matters, not even an end in the middle.
fn rotated(host: &str, response: &Response, now: Timestamp) -> Option<Tokens> {
    let reply = Reply::of_success(host, response)?;
    let refresh_token = reply.token("refresh_token").ok()?;
    Some(tokens(&reply, refresh_token, reply.token("access_token").ok(), now))
}

/// Reads the answer of the token endpoint (RFC 6749 section 5.1), leniently: Alibaba Cloud's documents show lifetimes
/// both as numbers and as texts, and some answers without `token_type`. `sent` are the request's secrets.
fn read(
    host: &str,
    response: &Response,
    sent: &[&Secret],
    presented: Option<&Secret>,
    now: Timestamp,
) -> Result<Tokens, ReplyError> {
    if let Some(tokens) = rotated(host, response, now) {
        return Ok(tokens);
    }
    let reply = Reply::judge(host, response, sent)?;
    match (reply.token("refresh_token"), presented) {
        (Err(ReplyError::Field { problem: FieldProblem::Missing | FieldProblem::Empty, .. }), Some(old)) => {
            let access_token = reply.token("access_token")?;
            Ok(tokens(&reply, old.clone(), Some(access_token), now))
        }
        (refresh_token, _) => Ok(tokens(&reply, refresh_token?, reply.token("access_token").ok(), now)),
    }
}

fn tokens(reply: &Reply, refresh_token: Secret, access_token: Option<Secret>, now: Timestamp) -> Tokens {
    let life = lifetime(reply, "expires_in", LONGEST_ACCESS).unwrap_or(DEFAULT_LIFE);
    let session = ["refresh_expires_in", "refresh_token_expires_in"].into_iter();
    let session = session.filter_map(|name| lifetime(reply, name, LONGEST_SESSION)).find(|life| !life.is_zero());
    Tokens {
        refresh_token,
        refresh_token_expire: session.map(|life| now + life),
        access_token_expire: access_token.is_some().then(|| now + life),
        access_token,
    }
}

/// Reads seconds from a number or a text. What is negative or not a number counts as over already, so that the token
/// is renewed before its next use.
fn lifetime(reply: &Reply, name: &str, longest: Duration) -> Option<Duration> {
    let text = reply.raw(name).filter(|text| *text != "null")?.trim_matches('"').trim();
    let seconds = text.parse().ok().filter(|seconds: &f64| !seconds.is_nan()).unwrap_or(0.0);
    Some(Duration::from_secs_f64(seconds.clamp(0.0, longest.as_secs_f64()).trunc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
    const DAY: i64 = 24 * 3600;

    fn answered(body: &str, presented: Option<&Secret>) -> Result<Tokens, ReplyError> {
        read("oauth.example", &Response::new(body.as_bytes().to_vec()), &[], presented, NOW)
    }

    fn refreshed(body: &str) -> Result<Tokens, ReplyError> {
        answered(body, Some(&Secret::new("old")))
    }

    #[test]
    fn a_usable_refresh_token_is_kept_whatever_is_beside_it() {
        let good = r#""access_token":"a","refresh_token":"new","expires_in":3600"#;
        for (body, access) in [
            (format!("{{{good}}}"), true),
            (format!(r#"{{{good},"refresh_expires_in":60,"refresh_token_expires_in":60}}"#), true),
            (format!(r#"{{{good},"refresh_expires_in":"x","refresh_token_expires_in":[]}}"#), true),
            (format!(r#"{{{good},"error":null}}"#), true),
            (format!(r#"{{{good},"error":""}}"#), true),
            (format!(r#"{{{good},"error":"server_error"}}"#), true),
            (format!(r#"{{{good},"Code":"Throttling"}}"#), true),
            (format!(r#"{{{good},{good}}}"#), true),
            (format!(r#"{{"refresh_token":"older",{good}}}"#), true),
            (format!(r#"{{{good},"refresh_token":null}}"#), true),
            (format!(r#"{{{good},"refresh_token":[]}}"#), true),
            (format!(r#"{{{good},"expires_in":1e999}}"#), true),
            (format!(r#"{{{good},"expires_in":-1e999}}"#), true),
            (format!(r#"{{{good},"expires_in":{{"seconds":[1]}}}}"#), true),
            (format!(r#"{{{good},"scope":"\ud800"}}"#), true),
            (format!(r#"{{{good},"x":{}{}}}"#, "[".repeat(500), "]".repeat(500)), true),
            (format!("{{{good}}} and more"), true),
            (format!(r#"{{{good},"expires_in":NaN}}"#), true),
            (format!(r#"{{"expires_in":-Infinity,{good}}}"#), true),
            (format!(r#"{{"scope":undefined,{good},"x":'y'}}"#), true),
            (format!(r#"{{{good},"scope":"cu"#), true),
            (format!("\u{feff}\n{{{good}}}"), true),
            (format!(r#"{{{good},"token_type":42}}"#), true),
            (r#"{"Access_Token":"a","Refresh_Token":"new"}"#.to_owned(), true),
            (r#"{"refresh_token":"new"}"#.to_owned(), false),
            (r#"{"refresh_token":"new","error":"server_error"}"#.to_owned(), false),
            (r#"{"refresh_token":"new","access_token":null}"#.to_owned(), false),
            (r#"{"refresh_token":"new","access_token":""}"#.to_owned(), false),
            (r#"{"refresh_token":"new","access_token":12}"#.to_owned(), false),
            (r#"{"refresh_token":"new","access_token":"a\r\nb"}"#.to_owned(), false),
            (r#"{"refresh_token":"new","access_token":"\ud800"}"#.to_owned(), false),
            (format!(r#"{{"refresh_token":"new","access_token":"{}"}}"#, "a".repeat(20_000)), false),
        ] {
            let tokens = refreshed(&body).unwrap_or_else(|error| panic!("{body}: {error:?}"));
            assert_eq!(tokens.refresh_token.expose(), "new", "{body}");
            assert_eq!(tokens.access_token, access.then(|| Secret::new("a")), "{body}");
            assert_eq!(tokens.access_token_expire.is_some(), access, "{body}");
            assert_eq!(answered(&body, None).unwrap(), tokens, "as in a sign-in");
        }
        let mut bytes = format!(r#"{{{good},"scope":"?"}}"#).into_bytes();
        let place = bytes.iter().position(|byte| *byte == b'?').unwrap();
        bytes[place] = 0xff;
        let tokens = read("oauth.example", &Response::new(bytes), &[], None, NOW).unwrap();
        assert_eq!(tokens.refresh_token.expose(), "new", "not Unicode");
    }

    #[test]
    fn an_answer_cut_off_after_its_refresh_token_keeps_it() {
        let secret = r"n\u0065w";
        for body in [
            format!(r#"{{"access_token":"a","refresh_token":"{secret}","expires_in":3600,"scope":["x",{{"y":1}}]}}"#),
            format!(r#"{{"refresh_token" : "{secret}", "access_token" : "a", "id_token":"e\"}}y"}} trailing"#),
            format!(r#"{{"x":NaN,"refresh_token":"{secret}","access_token":"a"}}"#),
        ] {
            let end = body.find(secret).unwrap() + secret.len();
            for cut in 0..=body.len() {
                let tokens = refreshed(&body[..cut]);
                match tokens {
                    Ok(tokens) => assert_eq!((tokens.refresh_token.expose(), cut > end), ("new", true), "{cut} {body}"),
                    Err(error) => assert!(cut <= end, "{cut} {body}: {error:?}"),
                }
            }
        }
    }

    #[test]
    fn a_refusal_without_a_new_refresh_token_stays_one() {
        for body in [
            r#"{"error":"invalid_grant"}"#,
            r#"{"error":"invalid_grant","access_token":"a"}"#,
            r#"{"error":"invalid_grant","refresh_token":""}"#,
        ] {
            assert!(matches!(refreshed(body), Err(ReplyError::Refused(_))), "{body}");
        }
        let mut response = Response::new(br#"{"refresh_token":"new","error":"x"}"#.to_vec());
        *response.status_mut() = http::StatusCode::BAD_REQUEST;
        assert!(matches!(read("h", &response, &[], None, NOW), Err(ReplyError::Refused(_))), "not a success");
    }

    #[test]
    fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","refresh_token":null}"#,
            r#"{"access_token":"a","refresh_token":""}"#,
        ] {
            assert_eq!(refreshed(body).unwrap().refresh_token.expose(), "old");
            assert!(answered(body, None).is_err(), "a sign-in always brings one");
        }
    }

    #[test]
    fn an_answer_without_any_usable_token_is_an_error() {
        for (body, expected) in [
            (r#"{"x":1}"#, ("access_token", FieldProblem::Missing)),
            (r#"{"access_token":""}"#, ("access_token", FieldProblem::Empty)),
            (r#"{"access_token":"a","refresh_token":12}"#, ("refresh_token", FieldProblem::WrongType)),
            (r#"{"access_token":"a","refresh_token":"a\nb"}"#, ("refresh_token", FieldProblem::Unusable)),
        ] {
            match refreshed(body) {
                Err(ReplyError::Field { field, problem, .. }) => assert_eq!((field, problem), expected, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_lifetime_is_read_as_number_or_text_and_bounded() {
        for (field, seconds) in [
            ("", 3600),
            (r#","expires_in":null"#, 3600),
            (r#","expires_in":3599"#, 3599),
            (r#","expires_in":"3599""#, 3599),
            (r#","expires_in":3599.9"#, 3599),
            (r#","expires_in":0"#, 0),
            (r#","expires_in":-5"#, 0),
            (r#","expires_in":9223372036854775808"#, DAY),
            (r#","expires_in":1e300"#, DAY),
            (r#","expires_in":1e999"#, DAY),
            (r#","expires_in":"soon""#, 0),
            (r#","expires_in":"NaN""#, 0),
            (r#","expires_in":[1]"#, 0),
        ] {
            let tokens = refreshed(&format!(r#"{{"access_token":"a"{field}}}"#)).unwrap();
            assert_eq!(tokens.access_token_expire.unwrap().as_unix() - NOW.as_unix(), seconds, "{field}");
        }
    }

    #[test]
    fn the_end_of_the_session_is_read_in_both_spellings() {
        for (fields, seconds) in [
            (r#""refresh_expires_in":"60""#, Some(60)),
            (r#""refresh_token_expires_in":60"#, Some(60)),
            (r#""refresh_expires_in":60,"refresh_token_expires_in":90"#, Some(60)),
            (r#""refresh_expires_in":0,"refresh_token_expires_in":90"#, Some(90)),
            (r#""refresh_expires_in":null,"refresh_token_expires_in":"90""#, Some(90)),
            (r#""refresh_expires_in":-1"#, None),
        ] {
            let tokens = refreshed(&format!(r#"{{"access_token":"a","refresh_token":"r",{fields}}}"#)).unwrap();
            assert_eq!(tokens.refresh_token_expire.map(|end| end.as_unix() - NOW.as_unix()), seconds, "{fields}");
        }
    }

    #[test]
    fn no_token_shows_in_debug_output() {
        let shown = format!("{:?}", refreshed(r#"{"access_token":"AAA","refresh_token":"RRR"}"#));
        assert!(!shown.contains("AAA") && !shown.contains("RRR"), "{shown}");
    }
}
