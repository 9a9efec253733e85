//! What a browser sees of a sign-in: the page, the decision, and the redirect to the client.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::answer::Answer;
use super::authorization::AuthorizationRequest;
use super::faults::Endpoint;
use super::pages;
use super::provider::{ErrorResponse, Parameters};
use super::request::{Request, parameters};
use super::routes::Service;

pub(super) const INCOMPLETE: ErrorResponse =
    ErrorResponse(400, "invalid_request", "A parameter is repeated or malformed.");

impl Service {
    /// The sign-in page. Where nobody is signed in, the authorization endpoint may lead to a login page first.
    pub(super) fn show(&mut self, request: &Request) -> Answer {
        let is_login = request.path == LOGIN;
        let query = if is_login { postponed(request) } else { request.query.clone() };
        let authorization = self.authorization(query.as_ref());
        let chinese = request.is_chinese();
        self.note(request, Endpoint::Authorize, authorization.as_ref().map_or_else(|refusal| refusal.1, |_| "shown"));
        match (authorization, query) {
            (Ok(_), Some(query)) if self.provider.options.login_page && !is_login => {
                Answer::page(302, String::new()).with("Location", self.login_address(&query))
            }
            (Ok(authorization), Some(query)) => {
                let name = self.provider.client(&authorization.client_id).map(|client| client.display_name);
                let users = &self.provider.options.users;
                let page = pages::sign_in(&name.unwrap_or_default(), users, &query, &authorization, chinese);
                Answer::form(page, &authorization.redirect_uri)
            }
            (Ok(_), None) => Answer::page(INCOMPLETE.0, pages::refused(INCOMPLETE.2, chinese)),
            (Err(refusal), _) => Answer::page(refusal.0, pages::refused(refusal.2, chinese)),
        }
    }

    /// The login page, which leads back to this request.
    fn login_address(&self, query: &Parameters) -> String {
        let encode =
            |pairs: &Parameters| url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = BASE64_URL_SAFE_NO_PAD.encode(encode(query));
        let origin = &self.provider.origin;
        let callback = format!("{origin}/oauth2/v1/auth?authorization_request={request}");
        format!("{origin}{LOGIN}?{}", encode(&Parameters::from([("callback".to_owned(), callback)])))
    }

    /// What the person on the page decided.
    pub(super) fn decide(&mut self, request: &Request) -> Answer {
        let form = request.form();
        let authorization = form.as_ref().map_err(|_| INCOMPLETE).and_then(|form| self.authorization(Some(form)));
        let (form, authorization) = match (form, authorization) {
            (Ok(form), Ok(authorization)) => (form, authorization),
            (_, Err(refusal)) | (Err(refusal), _) => {
                return Answer::page(refusal.0, pages::refused(refusal.2, request.is_chinese()));
            }
        };
        let user = form.get("user").and_then(|name| self.provider.user(name)).cloned();
        let (name, value) = match (form.get("decision").map(String::as_str), user) {
            (Some("authorize"), Some(user)) if !self.provider.admit(&authorization.client_id, &user) => {
                self.note(request, Endpoint::Authorize, "not_assigned");
                return Answer::page(403, pages::not_authorized(&user, &authorization.client_id, request.is_chinese()));
            }
            (Some("authorize"), Some(user)) => {
                self.note(request, Endpoint::Authorize, "authorized");
                let code = self.provider.authorize(authorization.clone(), &user.name);
                self.save();
                ("code", code)
            }
            _ => {
                self.note(request, Endpoint::Authorize, "denied");
                ("error", "access_denied".to_owned())
            }
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair(name, &value).extend_pairs(authorization.state.map(|state| ("state", state)));
        let uri = authorization.redirect_uri;
        // The registered query stays (RFC 6749 section 3.1.2).
        let separator = if uri.contains('?') { '&' } else { '?' };
        Answer::page(302, String::new()).with("Location", format!("{uri}{separator}{}", query.finish()))
    }

    fn authorization(&self, parameters: Option<&Parameters>) -> Result<AuthorizationRequest, ErrorResponse> {
        parameters.ok_or(INCOMPLETE).and_then(|parameters| self.provider.check(parameters))
    }
}

/// The path of the login page.
pub(super) const LOGIN: &str = "/login.htm";

/// The authorization request that was postponed for a login.
fn postponed(request: &Request) -> Option<Parameters> {
    let callback = url::Url::parse(request.query.as_ref()?.get("callback")?).ok()?;
    let query = parameters(callback.query()?.as_bytes())?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(query.get("authorization_request")?).ok()?;
    parameters(&bytes)
}
