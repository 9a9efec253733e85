//! A user's browser, played: over real HTTP from the sign-in page through the decision to the callback.
//!
//! It reads the page's form as a browser would and follows the redirect. It talks to this machine only.

use std::future::Future;

use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONNECTION, CONTENT_TYPE, LOCATION};

type Request = http::Request<Vec<u8>>;
type Response = http::Response<Vec<u8>>;

/// What the user does on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Clicks Authorize.
    Authorize,
    /// Clicks Deny.
    Deny,
}

/// Opens `page`, decides as `user`, and returns what the callback answered: its status and text.
///
/// # Errors
/// A sentence about what did not work.
pub async fn visit<F, A>(page: &str, user: &str, decision: Decision, fetch: F) -> Result<(u16, String), String>
where
    F: Fn(Request) -> A,
    A: Future<Output = Result<Response, String>>,
{
    let page = local(page)?;
    let shown = fetch(request(http::Method::GET, page.as_str(), Vec::new())?).await?;
    let html = text(&shown);
    if shown.status() != http::StatusCode::OK {
        return Err(format!("the sign-in page answered with status {}", shown.status().as_u16()));
    }
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in hidden_fields(&html) {
        form.append_pair(&name, &value);
    }
    form.append_pair("user", user);
    form.append_pair("decision", if decision == Decision::Authorize { "authorize" } else { "deny" });
    let action = page.join(attribute(&html, "<form ", "action").as_deref().unwrap_or_default());
    let action = action.map_err(|_| "the form leads nowhere".to_owned())?;
    let decided =
        fetch(request(http::Method::POST, local(action.as_str())?.as_str(), form.finish().into_bytes())?).await?;
    let location = decided.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let location = location.ok_or_else(|| {
        let (status, page) = (decided.status().as_u16(), text(&decided));
        format!("the decision was answered with status {status} and a page: {}", heading(&page))
    })?;
    let callback = fetch(request(http::Method::GET, local(location)?.as_str(), Vec::new())?).await?;
    Ok((callback.status().as_u16(), text(&callback)))
}

fn local(address: &str) -> Result<url::Url, String> {
    let parsed = url::Url::parse(address).map_err(|_| "there is no address to go to".to_owned())?;
    match (parsed.scheme(), parsed.host_str()) {
        ("http", Some("127.0.0.1")) => Ok(parsed),
        _ => Err("the address leads away from this machine".to_owned()),
    }
}

/// A request with the headers that a browser sends when a person goes somewhere. Its connection ends with it: the
/// client under test may share the pool, and must not be handed a connection whose runtime is gone.
fn request(method: http::Method, url: &str, body: Vec<u8>) -> Result<Request, String> {
    let mut request = http::Request::builder()
        .method(method)
        .uri(url)
        .header(ACCEPT, "text/html")
        .header(ACCEPT_LANGUAGE, "en")
        .header(CONNECTION, "close")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    request.body(body).map_err(|error| error.to_string())
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

/// What a page says first.
fn heading(html: &str) -> &str {
    html.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).map_or("", |(heading, _)| heading)
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}
