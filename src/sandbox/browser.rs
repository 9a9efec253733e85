//! A scripted browser: over HTTP from the sign-in page through the decision to the callback.
//!
//! It submits the page's form and follows the redirect as a browser would, on this machine only.

use std::future::Future;

use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONNECTION, CONTENT_TYPE, LOCATION};

type Request = http::Request<Vec<u8>>;
type Response = http::Response<Vec<u8>>;

/// What the user clicks on the sign-in page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Authorize.
    Authorize,
    /// Deny.
    Deny,
}

/// Why a visit did not reach the callback.
#[derive(Debug, thiserror::Error)]
pub enum VisitError<E> {
    /// A page, form or redirect leads away from this machine.
    #[error("sandbox-address-not-local")]
    NotLocal,
    /// The sign-in page answered with this status.
    #[error("sandbox-page-failed")]
    Page(u16),
    /// The decision was answered with a page instead of a redirect.
    #[error("sandbox-decision-refused")]
    Refused {
        /// The status.
        status: u16,
        /// The page's heading.
        heading: String,
    },
    /// A request failed.
    #[error("sandbox-request-failed")]
    Request(#[source] E),
}

/// Opens `page`, decides as `user`, and returns the status and the text of the callback's response.
///
/// # Errors
/// [`VisitError`]
pub async fn visit<F, A, E>(
    page: &str,
    user: &str,
    decision: Decision,
    fetch: F,
) -> Result<(u16, String), VisitError<E>>
where
    F: Fn(Request) -> A,
    A: Future<Output = Result<Response, E>>,
{
    let mut page = local(url::Url::parse(page))?;
    let mut shown = fetch(request(http::Method::GET, &page, Vec::new())).await.map_err(VisitError::Request)?;
    // A login page comes first where nobody is signed in.
    if let Some(login) = location(&shown) {
        page = local(page.join(login))?;
        shown = fetch(request(http::Method::GET, &page, Vec::new())).await.map_err(VisitError::Request)?;
    }
    if shown.status() != http::StatusCode::OK {
        return Err(VisitError::Page(shown.status().as_u16()));
    }
    let html = text(&shown);
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in hidden_fields(&html) {
        form.append_pair(&name, &value);
    }
    form.append_pair("user", user);
    form.append_pair("decision", if decision == Decision::Authorize { "authorize" } else { "deny" });
    let action = local(page.join(attribute(&html, "<form ", "action").as_deref().unwrap_or_default()))?;
    let decided = fetch(request(http::Method::POST, &action, form.finish().into_bytes())).await;
    let decided = decided.map_err(VisitError::Request)?;
    let location = location(&decided).ok_or_else(|| VisitError::Refused {
        status: decided.status().as_u16(),
        heading: heading(&text(&decided)).to_owned(),
    })?;
    let callback = local(url::Url::parse(location))?;
    let callback = fetch(request(http::Method::GET, &callback, Vec::new())).await.map_err(VisitError::Request)?;
    Ok((callback.status().as_u16(), text(&callback)))
}

fn location(response: &Response) -> Option<&str> {
    response.headers().get(LOCATION).and_then(|location| location.to_str().ok())
}

fn local<E>(address: Result<url::Url, url::ParseError>) -> Result<url::Url, VisitError<E>> {
    address.ok().filter(|url| url.scheme() == "http" && url.host_str() == Some("127.0.0.1")).ok_or(VisitError::NotLocal)
}

/// A request with the headers of a browser's navigation. It closes its connection: the client under test may share
/// the pool, and must not be given a connection whose runtime is gone.
fn request(method: http::Method, url: &url::Url, body: Vec<u8>) -> Request {
    let mut request = http::Request::builder()
        .method(method)
        .uri(url.as_str())
        .header(ACCEPT, "text/html")
        .header(ACCEPT_LANGUAGE, "en")
        .header(CONNECTION, "close")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    request.body(body).expect("a parsed URL makes a request")
}

fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let fields = html.split("<input type=\"hidden\"").skip(1);
    fields.filter_map(|field| Some((attribute(field, "", "name")?, attribute(field, "", "value")?))).collect()
}

/// The value of the first `name="..."` after `tag`.
fn attribute(html: &str, tag: &str, name: &str) -> Option<String> {
    let after = &html[html.find(tag)? + tag.len()..];
    let after = after[..after.find('>')?].split_once(&format!("{name}=\""))?.1;
    let value = after.split_once('"')?.0;
    let plain = value.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">");
    Some(plain.replace("&amp;", "&"))
}

/// The heading of a page.
fn heading(html: &str) -> &str {
    html.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).map_or("", |(heading, _)| heading)
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}
