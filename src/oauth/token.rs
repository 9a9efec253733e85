//! The token endpoint: code for tokens, refresh, revocation.

use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AccessToken, AuthorizationCode, ClientId, EndpointNotSet, EndpointSet, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, TokenUrl,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::host::{Http, Request, Response};
use crate::reply::{Problem, Reply, ReplyError};
use crate::secret::Secret;
use crate::site::{Cloud, Site};
use crate::time::Timestamp;
use crate::tokens::Tokens;

/// The life of an access token whose answer names none (RFC 6749 section 5.1 lets the server be silent).
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);
/// No lifetime longer than this is believed.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The token endpoint of one site.
pub struct TokenEndpoint<'a> {
    http: &'a dyn Http,
    token_url: String,
    revoke_url: String,
    site: Site,
}

type Client = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl<'a> TokenEndpoint<'a> {
    /// The endpoint of `site` in `cloud`, reached through `http`.
    pub fn new(http: &'a dyn Http, cloud: &Cloud, site: Site) -> Self {
        Self { http, token_url: cloud.token_url(site), revoke_url: cloud.revoke_url(site), site }
    }

    /// Turns an authorization code into tokens (RFC 6749 section 4.1.3). The code is sent once, whatever happens.
    ///
    /// # Errors
    /// [`ReplyError`]; a set without a refresh token or without a lifetime is one too, since a native application
    /// always gets both.
    pub async fn redeem(
        &self,
        code: &Secret,
        verifier: &PkceCodeVerifier,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Tokens, ReplyError> {
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).expect("our own callback is a URL");
        let client = self.client().set_redirect_uri(redirect);
        let send = |request| self.send(request);
        let verifier = PkceCodeVerifier::new(verifier.secret().clone());
        let code = AuthorizationCode::new(code.expose().to_owned());
        let answer = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&send).await;
        let problem = match answer.as_ref().map(|answer| answer.expires_in) {
            Ok(None) => Problem::Missing,
            Ok(Some(Duration::ZERO)) => Problem::Past,
            _ => return self.understand(answer, None, now),
        };
        Err(self.bad("expires_in", problem))
    }

    /// Buys a new set with `refresh_token`, which is spent by it (RFC 6749 section 6).
    ///
    /// # Errors
    /// [`ReplyError`]
    pub async fn refresh(&self, refresh_token: &Secret, now: Timestamp) -> Result<Tokens, ReplyError> {
        let client = self.client();
        let send = |request| self.send(request);
        let presented = RefreshToken::new(refresh_token.expose().to_owned());
        let answer = client.exchange_refresh_token(&presented).request_async(&send).await;
        self.understand(answer, Some(refresh_token), now)
    }

    /// Asks the server to forget `refresh_token` (RFC 7009 section 2.1).
    ///
    /// # Errors
    /// [`ReplyError`]
    pub async fn revoke(&self, refresh_token: &Secret) -> Result<(), ReplyError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", refresh_token.expose())
            .append_pair("token_type_hint", "refresh_token")
            .append_pair("client_id", self.site.client_id())
            .finish();
        let request = http::Request::post(&self.revoke_url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes())
            .expect("a compiled-in URL makes a request");
        let host = host_of(&request);
        let response = self.http.send(request).await?;
        match response.status() {
            StatusCode::OK => Ok(()),
            _ => Reply::judge(&host, &response).map(drop),
        }
    }

    fn client(&self) -> Client {
        oauth2::Client::new(ClientId::new(self.site.client_id().to_owned()))
            .set_token_uri(TokenUrl::new(self.token_url.clone()).expect("compiled-in URLs are URLs"))
    }

    /// Carries a request of the `oauth2` crate to the network and judges the answer on the way back, so that
    /// the crate only ever parses a set of tokens.
    async fn send(&self, request: Request) -> Result<Response, ReplyError> {
        let host = host_of(&request);
        let mut response = self.http.send(request).await?;
        let reply = Reply::judge(&host, &response)?;
        reply.token("access_token")?;
        if reply.value("refresh_token").is_some_and(|token| !token.is_null() && token != "") {
            reply.token("refresh_token")?;
        }
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(response)
    }

    fn understand(
        &self,
        answer: Result<Answer, RequestTokenError<ReplyError, BasicErrorResponse>>,
        presented: Option<&Secret>,
        now: Timestamp,
    ) -> Result<Tokens, ReplyError> {
        match answer {
            Ok(answer) => answer.into_tokens(presented, now).ok_or_else(|| self.missing("refresh_token")),
            Err(RequestTokenError::Request(error)) => Err(error),
            Err(_) => Err(self.missing("access_token")),
        }
    }

    fn missing(&self, field: &'static str) -> ReplyError {
        self.bad(field, Problem::Missing)
    }

    fn bad(&self, field: &'static str, problem: Problem) -> ReplyError {
        let host = url::Url::parse(&self.token_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        ReplyError::Field { host: host.unwrap_or_default(), field, problem }
    }
}

pub(super) fn host_of(request: &Request) -> String {
    request.uri().host().unwrap_or_default().to_owned()
}

/// The answer of the token endpoint (RFC 6749 section 5.1), read leniently: Alibaba Cloud's documents show
/// lifetimes both as numbers and as texts, and some answers without `token_type`.
#[derive(Debug, Deserialize, Serialize)]
struct Answer {
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
    #[serde(default, deserialize_with = "lifetime")]
    expires_in: Option<Duration>,
    #[serde(default, alias = "refresh_token_expires_in", deserialize_with = "lifetime")]
    refresh_expires_in: Option<Duration>,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
}

impl Answer {
    /// `presented` is the refresh token that was spent, if one was.
    fn into_tokens(self, presented: Option<&Secret>, now: Timestamp) -> Option<Tokens> {
        let new = self.refresh_token.map(|token| Secret::new(token.into_secret())).filter(|token| !token.is_empty());
        Some(Tokens {
            access_token: Some(Secret::new(self.access_token.into_secret())),
            access_token_expire: Some(now + self.expires_in.unwrap_or(DEFAULT_LIFE)),
            refresh_token: new.or_else(|| presented.cloned())?,
            refresh_token_expire: self.refresh_expires_in.filter(|life| !life.is_zero()).map(|life| now + life),
        })
    }
}

impl oauth2::TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

/// Reads seconds from a number or a text. What is negative or no number counts as over already, so that the
/// token is renewed before its next use; what is huge is cut to ten years.
fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let seconds = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let seconds = seconds.filter(|seconds: &f64| seconds.is_finite()).unwrap_or(0.0);
    Ok(Some(Duration::from_secs_f64(seconds.clamp(0.0, LONGEST_LIFE.as_secs_f64()).trunc())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_000_000);

    fn life(expires_in: &str) -> i64 {
        let answer: Answer = serde_json::from_str(&format!(r#"{{"access_token":"a"{expires_in}}}"#)).unwrap();
        answer.into_tokens(Some(&Secret::new("old")), NOW).unwrap().access_token_expire.unwrap().as_unix()
            - NOW.as_unix()
    }

    #[test]
    fn a_lifetime_is_read_as_number_or_text_and_never_trusted_beyond_ten_years() {
        let ten_years = i64::try_from(LONGEST_LIFE.as_secs()).unwrap();
        for (field, seconds) in [
            ("", 3600),
            (r#","expires_in":null"#, 3600),
            (r#","expires_in":3599"#, 3599),
            (r#","expires_in":"3599""#, 3599),
            (r#","expires_in":3599.9"#, 3599),
            (r#","expires_in":0"#, 0),
            (r#","expires_in":-5"#, 0),
            (r#","expires_in":9223372036854775808"#, ten_years),
            (r#","expires_in":1e300"#, ten_years),
            (r#","expires_in":"soon""#, 0),
            (r#","expires_in":"NaN""#, 0),
            (r#","expires_in":[1]"#, 0),
        ] {
            assert_eq!(life(field), seconds, "{field}");
        }
    }

    #[test]
    fn the_end_of_the_session_is_read_in_both_spellings() {
        for name in ["refresh_expires_in", "refresh_token_expires_in"] {
            let body = format!(r#"{{"access_token":"a","refresh_token":"r","{name}":"60"}}"#);
            let tokens = serde_json::from_str::<Answer>(&body).unwrap().into_tokens(None, NOW).unwrap();
            assert_eq!(tokens.refresh_token_expire, Some(NOW + Duration::from_secs(60)));
        }
    }

    #[test]
    fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","refresh_token":null}"#,
            r#"{"access_token":"a","refresh_token":""}"#,
        ] {
            let answer = || serde_json::from_str::<Answer>(body).unwrap();
            let kept = answer().into_tokens(Some(&Secret::new("old")), NOW).unwrap();
            assert_eq!(kept.refresh_token.expose(), "old");
            assert!(answer().into_tokens(None, NOW).is_none(), "a sign-in always brings one");
        }
    }

    #[test]
    fn no_token_shows_in_debug_output() {
        let answer: Answer = serde_json::from_str(r#"{"access_token":"AAA","refresh_token":"RRR"}"#).unwrap();
        let shown = format!("{answer:?} {:?}", serde_json::from_str::<Answer>(r#"{"access_token":"AAA"}"#).unwrap());
        assert!(!shown.contains("AAA") && !shown.contains("RRR"), "{shown}");
    }
}
