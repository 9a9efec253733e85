//! A client with a secret (RFC 6749 section 2.1), as a web application is one: what its own server would ask.
//!
//! It serves checks: nothing it obtains is kept, and the secret goes into the body, as GitLab's strategy sends it.

use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use oauth2::PkceCodeVerifier;

use super::token::host_of;
use crate::host::{Entropy, Http, NoEntropy, Response, draw};
use crate::reply::{Refusal, Reply, ReplyError};
use crate::secret::Secret;
use crate::site::{Cloud, Site};

/// A code that no server has issued.
const NO_CODE: &str = "aliyun-rs-checks-the-secret";
/// Random bytes in a secret that no server has issued.
const NO_SECRET_BYTES: usize = 24;

/// A client of one site, with its secret.
#[derive(Clone, Copy)]
pub struct ConfidentialClient<'a> {
    /// The network.
    pub http: &'a dyn Http,
    /// Alibaba Cloud or a sandbox.
    pub cloud: &'a Cloud,
    /// The site.
    pub site: Site,
    /// The client id.
    pub id: &'a str,
}

/// What the authorization endpoint makes of a request.
#[derive(Debug)]
pub enum Asked {
    /// It would let a person sign in.
    Accepted,
    /// It refuses, with this error code if it names one.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: Option<String>,
    },
    /// It answers something else.
    Unclear {
        /// The HTTP status.
        status: u16,
    },
}

/// What the token endpoint makes of a secret.
#[derive(Debug)]
pub enum SecretAnswer {
    /// It refuses a wrong secret, and not this one.
    Accepted,
    /// It refuses this one.
    Refused,
    /// It treats a wrong secret and this one alike.
    Alike {
        /// The error code for both.
        code: String,
    },
}

/// What a sign-in brought.
#[derive(Debug)]
pub struct Granted {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token, where there is one.
    pub refresh_token: Option<Secret>,
    /// The scopes that were granted, where the server says.
    pub scopes: Option<Vec<String>>,
    /// The id_token, where there is one.
    pub id_token: Option<Secret>,
}

impl ConfidentialClient<'_> {
    /// Sends the authorization request at `url`, follows no redirect, and says what came.
    ///
    /// # Errors
    /// [`ReplyError`] when no whole answer came.
    pub async fn ask(&self, url: &str) -> Result<Asked, ReplyError> {
        let request = http::Request::get(url).header(ACCEPT, "text/html, application/json").body(Vec::new());
        let response = self.http.send(request.expect("our own URL makes a request")).await?;
        Ok(self.read_page(&response))
    }

    fn read_page(&self, response: &Response) -> Asked {
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let own = self.cloud.authorize_url(self.site);
        let origin = own.split("/oauth2/").next().unwrap_or_default();
        let to_sign_in = location.starts_with('/') || location.starts_with(&format!("{origin}/"));
        let refusal = Reply::judge("", response, &[]).err();
        let code = match refusal {
            Some(ReplyError::Refused(Refusal { code, .. })) => code,
            _ => None,
        };
        match status {
            300..400 if to_sign_in => Asked::Accepted,
            // A sandbox may show its page at once.
            200 if self.cloud.is_sandbox() && code.is_none() => Asked::Accepted,
            400..500 if status != 429 => Asked::Refused { status, code },
            200 if code.is_some() => Asked::Refused { status, code },
            _ => Asked::Unclear { status },
        }
    }

    /// Asks whether `secret` is right, by redeeming a code that does not exist: with it, and with a secret that is
    /// surely wrong. Which of code and secret a server looks at first is not documented.
    ///
    /// # Errors
    /// [`ReplyError`], or no random secret could be drawn.
    pub async fn check_secret(&self, entropy: &dyn Entropy, secret: &Secret) -> Result<SecretAnswer, SecretError> {
        self.cloud.check_token(secret).map_err(ReplyError::from)?;
        let wrong = Secret::new(format!("sandbox-wrong-{}", draw::<NO_SECRET_BYTES>(entropy)?.expose()));
        let given = self.refusal(secret).await?;
        let (code, is_refused) = (given.code.clone().unwrap_or_default(), is_about_client(&given));
        if !is_refused && is_about_client(&self.refusal(&wrong).await?) {
            return Ok(SecretAnswer::Accepted);
        }
        Ok(if is_refused { SecretAnswer::Refused } else { SecretAnswer::Alike { code } })
    }

    async fn refusal(&self, secret: &Secret) -> Result<Refusal, ReplyError> {
        let form = [("grant_type", "authorization_code"), ("code", NO_CODE), ("redirect_uri", "https://localhost/")];
        match self.post(&self.cloud.token_url(self.site), &form, secret, &[]).await {
            Err(ReplyError::Refused(refusal)) if !refusal.is_temporary() => Ok(refusal),
            Err(error) => Err(error),
            Ok(reply) => Err(reply.bad("error", crate::reply::FieldProblem::Missing)),
        }
    }

    /// Turns an authorization code into tokens (RFC 6749 section 4.1.3).
    ///
    /// # Errors
    /// [`ReplyError`]
    pub async fn redeem(
        &self,
        secret: &Secret,
        code: &Secret,
        verifier: &PkceCodeVerifier,
        redirect_uri: &str,
    ) -> Result<Granted, ReplyError> {
        self.cloud.check_token(secret)?;
        let verifier = Secret::new(verifier.secret().as_str());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("code_verifier", verifier.expose()),
            ("redirect_uri", redirect_uri),
        ];
        let reply = self.post(&self.cloud.token_url(self.site), &form, secret, &[code, &verifier]).await?;
        let scopes = reply.value("scope").and_then(|scope| scope.as_str().map(str::to_owned));
        Ok(Granted {
            access_token: reply.token("access_token")?,
            refresh_token: reply.token("refresh_token").ok(),
            scopes: scopes.map(|scopes| scopes.split_whitespace().map(str::to_owned).collect()),
            id_token: reply.token("id_token").ok(),
        })
    }

    /// Asks the server to forget `token` (RFC 7009 section 2.1).
    ///
    /// # Errors
    /// [`ReplyError`]
    pub async fn revoke(&self, secret: &Secret, token: &Secret) -> Result<(), ReplyError> {
        self.cloud.check_token(token)?;
        let form = [("token", token.expose())];
        let (host, response) = self.send(&self.cloud.revoke_url(self.site), &form, secret).await?;
        Reply::acknowledged(&host, &response, &[token, secret])
    }

    async fn post(
        &self,
        url: &str,
        form: &[(&str, &str)],
        secret: &Secret,
        sent: &[&Secret],
    ) -> Result<Reply, ReplyError> {
        let (host, response) = self.send(url, form, secret).await?;
        Reply::judge(&host, &response, &[sent, &[secret]].concat())
    }

    async fn send(&self, url: &str, form: &[(&str, &str)], secret: &Secret) -> Result<(String, Response), ReplyError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .append_pair("client_id", self.id)
            .append_pair("client_secret", secret.expose())
            .finish();
        let request = http::Request::post(url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into_bytes())
            .expect("a compiled-in URL makes a request");
        Ok((host_of(&request), self.http.send(request).await?))
    }
}

/// The secret could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No wrong secret could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The server gave no usable answer, or a sandbox was not asked about a secret that it cannot have issued.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

/// Whether the refusal is about who asks, not about the code.
pub fn is_about_client(refusal: &Refusal) -> bool {
    refusal.is_any_of(&["invalid_client", "unauthorized_client"])
}
