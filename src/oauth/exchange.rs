//! `/v1/exchange`: an access token becomes STS credentials. Alibaba Cloud's own step, in no RFC.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;

use super::token::host_of;
use crate::host::Http;
use crate::reply::{FieldProblem, Reply, ReplyError};
use crate::secret::Secret;
use crate::site::{Cloud, Site};
use crate::time::{Skew, Timestamp};
use crate::tokens::StsCredentials;

/// The lifetime of all credentials that are known to have been exchanged.
pub const USUAL_LIFE: Duration = Duration::from_secs(3600);
/// The longest lifetime that is believed: the longest session of a RAM role, and an hour for clocks.
pub const LONGEST_LIFE: Duration = Duration::from_secs(13 * 3600);

/// What `/v1/exchange` gave.
#[derive(Debug)]
pub struct Exchanged {
    /// The credentials.
    pub credentials: StsCredentials,
    /// How far the local clock is from the server's.
    pub skew: Skew,
}

impl Exchanged {
    /// When they were received, at the local time `now`, if the file has to say so: the clock is off, or they last
    /// longer than usual. Without this, such an end is not believed later.
    pub fn to_note(&self, now: Timestamp) -> Option<Timestamp> {
        let unusual = self.credentials.expiration.remaining(now) > USUAL_LIFE;
        (unusual || self.skew.seconds() != 0).then_some(now)
    }
}

/// Exchanges `access_token`. May be repeated.
///
/// The expiration comes by the server's clock and is returned by the local one: every reader of the shared
/// file compares it with the local clock.
///
/// # Errors
/// [`ReplyError`]; credentials that have expired already are one.
pub async fn exchange(
    http: &dyn Http,
    cloud: &Cloud,
    site: Site,
    access_token: &Secret,
    now: Timestamp,
) -> Result<Exchanged, ReplyError> {
    cloud.check_token(access_token)?;
    let request = http::Request::post(cloud.exchange_url(site))
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json")
        .header(AUTHORIZATION, format!("Bearer {}", access_token.expose()))
        .body(Vec::new())
        .expect("a compiled-in URL and a checked token make a request");
    let host = host_of(&request);
    let reply = Reply::judge(&host, &http.send(request).await?, &[access_token])?;
    let expiration = expiration(&reply)?;
    let skew = skew(reply.date, expiration, now);
    let expiration = skew.to_local(expiration).min(now + LONGEST_LIFE);
    if expiration <= now {
        return Err(reply.bad("expiration", FieldProblem::Past));
    }
    let credentials = StsCredentials {
        access_key_id: reply.token("accessKeyId")?.expose().to_owned(),
        access_key_secret: reply.token("accessKeySecret")?,
        security_token: reply.token("securityToken")?,
        expiration,
    };
    Ok(Exchanged { credentials, skew })
}

/// How far the local clock is off, if the `Date` header can be believed: a proxy or a server may get that wrong. Of two
/// clocks the one is right by which the credentials last for the usual time.
fn skew(date: Option<Timestamp>, expiration: Timestamp, now: Timestamp) -> Skew {
    let by_date = date.map(|date| Skew::between(date, now)).unwrap_or_default();
    let usual = now + USUAL_LIFE;
    let error = |skew: &Skew| skew.to_local(expiration).as_unix().abs_diff(usual.as_unix());
    [by_date, Skew::default()].into_iter().min_by_key(error).unwrap_or_default()
}

fn expiration(reply: &Reply) -> Result<Timestamp, ReplyError> {
    match reply.value("expiration") {
        None | Some(Value::Null) => Err(reply.bad("expiration", FieldProblem::Missing)),
        Some(Value::String(text)) => {
            Timestamp::parse_rfc3339(&text).ok_or_else(|| reply.bad("expiration", FieldProblem::NotADate))
        }
        Some(_) => Err(reply.bad("expiration", FieldProblem::NotADate)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{BoxFuture, Request, Response, TransportError};

    struct Says(&'static str);

    impl Http for Says {
        fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
            assert_eq!(request.headers()[AUTHORIZATION], "Bearer access");
            assert!(request.body().is_empty(), "the official client sends an empty body");
            let mut response = Response::new(self.0.as_bytes().to_vec());
            let date = "Fri, 06 Nov 2026 08:49:37 GMT".parse().unwrap();
            response.headers_mut().insert("date", date);
            Box::pin(async { Ok(response) })
        }
    }

    const NOW: i64 = 1_793_954_977;

    fn exchanged(body: &'static str, now: i64) -> Result<Exchanged, ReplyError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let token = Secret::new("access");
        let now = Timestamp::from_unix(now);
        runtime.block_on(exchange(&Says(body), &Cloud::Alibaba, Site::China, &token, now))
    }

    #[test]
    fn keys_are_read_in_either_case() {
        for body in [
            r#"{"accessKeyId":"i","accessKeySecret":"s","securityToken":"t","expiration":"2026-11-06T09:49:37Z"}"#,
            r#"{"AccessKeyId":"i","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2026-11-06T09:49:37Z"}"#,
        ] {
            let got = exchanged(body, NOW).unwrap();
            assert_eq!(got.credentials.access_key_id, "i");
            assert_eq!(got.credentials.access_key_secret.expose(), "s");
            assert_eq!(got.credentials.security_token.expose(), "t");
            assert_eq!(got.credentials.expiration.as_unix(), NOW + 3600);
        }
    }

    #[test]
    fn a_wrong_local_clock_is_corrected_for() {
        let body =
            r#"{"accessKeyId":"i","accessKeySecret":"s","securityToken":"t","expiration":"2026-11-06T09:49:37Z"}"#;
        let fast_by_a_day = NOW + 86_400;
        assert_eq!(exchanged(body, fast_by_a_day).unwrap().credentials.expiration.as_unix(), fast_by_a_day + 3600);
    }

    #[test]
    fn the_clock_is_right_by_which_the_credentials_last_for_the_usual_time() {
        const HOUR: i64 = 3600;
        let at = Timestamp::from_unix;
        for (date, end, skew) in [
            // The server's date and end agree.
            (2 * HOUR, 3 * HOUR, 2 * HOUR),
            (-2 * HOUR, -HOUR, -2 * HOUR),
            (600, HOUR + 600, 600),
            (-600, HOUR - 600, -600),
            (34 * HOUR, 35 * HOUR, 34 * HOUR),
            (5, 12 * HOUR, 0),
            // The local clock and the end agree.
            (10 * HOUR, HOUR, 0),
            (34 * HOUR, HOUR, 0),
            (-10 * HOUR, HOUR, 0),
            (2 * HOUR, HOUR + 30, 0),
            (-34 * HOUR, 1800, 0),
        ] {
            let found = super::skew(Some(at(NOW + date)), at(NOW + end), at(NOW));
            assert_eq!(found.seconds(), skew, "{date} {end}");
        }
        assert_eq!(super::skew(None, at(NOW + 9 * HOUR), at(NOW)).seconds(), 0);
    }

    #[test]
    fn an_absurd_expiration_is_bounded() {
        let body =
            r#"{"accessKeyId":"i","accessKeySecret":"s","securityToken":"t","expiration":"9999-11-06T09:49:37Z"}"#;
        assert_eq!(exchanged(body, NOW).unwrap().credentials.expiration.as_unix(), NOW + 13 * 3600);
    }

    #[test]
    fn a_bad_expiration_is_named() {
        for (body, expected, problem) in [
            (r#"{"x":1}"#, "expiration", FieldProblem::Missing),
            (r#"{"expiration":"soon"}"#, "expiration", FieldProblem::NotADate),
            (r#"{"expiration":12}"#, "expiration", FieldProblem::NotADate),
            (r#"{"expiration":"2026-11-06T08:49:37Z"}"#, "expiration", FieldProblem::Past),
            (r#"{"expiration":"2026-11-06T09:49:37Z"}"#, "accessKeyId", FieldProblem::Missing),
        ] {
            match exchanged(body, NOW).unwrap_err() {
                ReplyError::Field { field, problem: found, .. } => assert_eq!((field, found), (expected, problem)),
                other => panic!("{body}: {other:?}"),
            }
        }
    }
}
