//! The proxy that the environment names. Its value is understood or refused: what is not understood never means a
//! direct connection.
//!
//! The variables are those of Go's programs, as the official client is one, and `ALL_PROXY`; the first that is set
//! counts. Exceptions are matched by name: a host is not resolved to compare its address.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{Method, Uri};
use http_body_util::Empty;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use reqwest::NoProxy;
use tokio::net::TcpStream;
use url::Url;

use super::super::Env;
use super::super::resolver::resolve;

const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];
const SOCKS_PORT: u16 = 1080;
/// How long the proxy may take to say again why it refused.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What a proxy did, or why its variable is unusable.
#[derive(Debug, thiserror::Error)]
pub enum ProxyProblem {
    /// The variable is not Unicode.
    #[error("not-unicode")]
    NotUnicode,
    /// The variable names a protocol that is not known here.
    #[error("unknown-scheme")]
    UnknownScheme,
    /// The variable is not the address of a proxy.
    #[error("not-an-address")]
    NotAnAddress,
    /// Nobody answers at the address.
    #[error("unreachable")]
    Unreachable(#[source] reqwest::Error),
    /// There was no connection through it within the time limit.
    #[error("timed-out")]
    TimedOut,
    /// It refused to connect to the host, with this HTTP status.
    #[error("answered-{0}")]
    Answered(u16),
    /// Anything else.
    #[error("failed")]
    Failed(#[source] reqwest::Error),
}

/// The variables as they are, read when the first request is sent.
pub(super) struct Variables {
    proxy: Option<(&'static str, OsString)>,
    exceptions: String,
}

/// A proxy that is understood.
pub(super) struct Proxy {
    /// The variable that names it.
    pub(super) variable: &'static str,
    url: Url,
    exceptions: String,
    matcher: Matcher,
}

impl Variables {
    pub(super) fn of(env: &Env) -> Self {
        let set = |name: &'static str| Some((name, env.get_os(name).filter(|value| !is_blank(value))?.to_owned()));
        let exceptions = EXCEPTIONS.into_iter().find_map(set).map(|(_, value)| exceptions(&value.to_string_lossy()));
        Self { proxy: VARIABLES.into_iter().find_map(set), exceptions: exceptions.unwrap_or_default() }
    }

    /// The proxy, if a variable names one.
    ///
    /// # Errors
    /// The variable and what is wrong with it.
    pub(super) fn proxy(&self) -> Result<Option<Proxy>, (&'static str, ProxyProblem)> {
        let Some((variable, value)) = &self.proxy else { return Ok(None) };
        let url = parse(value).map_err(|problem| (*variable, problem))?;
        let matcher = Matcher::builder().https(url.as_str()).no(&self.exceptions).build();
        Ok(Some(Proxy { variable, url, exceptions: self.exceptions.clone(), matcher }))
    }
}

impl Proxy {
    /// Whether a request to `uri` goes through the proxy.
    pub(super) fn covers(&self, uri: &Uri) -> bool {
        self.matcher.intercept(uri).is_some()
    }

    pub(super) fn is_socks(&self) -> bool {
        self.url.scheme().starts_with("socks")
    }

    /// The address, without the user name and password that may be in it.
    pub(super) fn address(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}", self.url.scheme(), self.url.host_str().unwrap_or_default())
    }

    /// The proxy as the HTTP crate takes it.
    pub(super) fn to_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        Ok(reqwest::Proxy::https(self.url.as_str())?.no_proxy(NoProxy::from_string(&self.exceptions)))
    }

    /// Asks the proxy once more for a tunnel to `uri`, since the HTTP crate does not say with what status it
    /// refused. `None` if it does not refuse, or if it is not a plain HTTP proxy.
    pub(super) async fn refusal(&self, uri: &Uri) -> Option<u16> {
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.connect(uri)).await.ok()??;
        (!answer.is_success()).then(|| answer.as_u16())
    }

    async fn connect(&self, uri: &Uri) -> Option<http::StatusCode> {
        let proxy = self.matcher.intercept(uri).filter(|proxy| proxy.uri().scheme_str() == Some("http"))?;
        let port = self.url.port_or_known_default()?;
        let host = proxy.uri().host()?.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect(&*resolve(host.to_owned(), port).await.ok()?).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        let target = format!("{}:{}", uri.host()?, uri.port_u16().unwrap_or(443));
        let mut request = http::Request::builder().method(Method::CONNECT).uri(&target).header(HOST, &target);
        if let Some(authorization) = proxy.basic_auth() {
            request = request.header(PROXY_AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::<&[u8]>::new()).ok()?;
        let answer = sender.send_request(request);
        tokio::pin!(answer, connection);
        tokio::select! {
            biased;
            answer = &mut answer => Some(answer.ok()?.status()),
            _ = &mut connection => Some(answer.await.ok()?.status()),
        }
    }
}

/// An empty variable is an unset one, also in the quotes that `docker --env-file` keeps.
fn is_blank(value: &OsStr) -> bool {
    value.to_str().is_some_and(|text| bare(text).is_empty())
}

/// Text without blanks around it and without a pair of quotes.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let unquoted = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    unquoted.unwrap_or(text).trim()
}

fn parse(value: &OsStr) -> Result<Url, ProxyProblem> {
    let text = bare(value.to_str().ok_or(ProxyProblem::NotUnicode)?);
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&text).map_err(|_| ProxyProblem::NotAnAddress)?;
    // What follows the address is most often the rest of a password with a special character in it.
    let is_address = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !is_address || text.contains(char::is_whitespace) {
        return Err(ProxyProblem::NotAnAddress);
    }
    match url.scheme() {
        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h" => {}
        // Desktops write it; browsers take it for SOCKS 5 with names resolved by the proxy.
        "socks" => url.set_scheme("socks5h").map_err(|()| ProxyProblem::UnknownScheme)?,
        _ => return Err(ProxyProblem::UnknownScheme),
    }
    if url.scheme().starts_with("socks") && url.port().is_none() {
        url.set_port(Some(SOCKS_PORT)).map_err(|()| ProxyProblem::NotAnAddress)?;
    }
    // What the matcher cannot read would mean a direct connection.
    let matcher = Matcher::builder().https(url.as_str()).build();
    match matcher.intercept(&Uri::from_static("https://example.com/")) {
        Some(proxy) if proxy.uri().host().is_some_and(|host| !host.is_empty()) => Ok(url),
        _ => Err(ProxyProblem::NotAnAddress),
    }
}

/// Brings the exceptions into the form that the matcher knows: separated by commas, with a leading dot instead of
/// `*.`, without the port of HTTPS. An exception for another port does not apply.
fn exceptions(text: &str) -> String {
    let entries = bare(text).split([',', ' ', '\t', ';']).filter(|entry| !entry.is_empty());
    entries.filter_map(exception).collect::<Vec<_>>().join(",")
}

fn exception(entry: &str) -> Option<&str> {
    let host = match entry.rsplit_once(':') {
        Some((host, "443")) if !host.contains(':') => host,
        Some((host, port)) if !host.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => return None,
        _ => entry,
    };
    let host = if host.starts_with("*.") { &host[1..] } else { host };
    Some(host.strip_suffix('.').unwrap_or(host)).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Uri {
        Uri::from_static("https://oauth.aliyun.com/v1/token")
    }

    fn proxy(variables: &[(&str, &str)]) -> Result<Option<Proxy>, (&'static str, ProxyProblem)> {
        Variables::of(&variables.iter().copied().collect()).proxy()
    }

    #[test]
    fn every_usual_spelling_of_a_proxy_is_understood() {
        for (value, address) in [
            ("http://proxy.example:8080", "http://proxy.example:8080"),
            ("http://proxy.example:8080/", "http://proxy.example:8080"),
            ("HTTP://Proxy.Example:8080", "http://proxy.example:8080"),
            ("proxy.example:8080", "http://proxy.example:8080"),
            ("proxy.example", "http://proxy.example"),
            ("10.0.0.1:3128", "http://10.0.0.1:3128"),
            ("[::1]:3128", "http://[::1]:3128"),
            ("https://proxy.example", "https://proxy.example"),
            ("  http://proxy.example:8080\n", "http://proxy.example:8080"),
            ("\"http://proxy.example:8080\"", "http://proxy.example:8080"),
            ("'proxy.example:8080'", "http://proxy.example:8080"),
            ("http://user:p%40ss@proxy.example:8080", "http://proxy.example:8080"),
            ("socks://proxy.example:1081/", "socks5h://proxy.example:1081"),
            ("SOCKS5://proxy.example", "socks5://proxy.example:1080"),
            ("socks5h://user:pass@proxy.example", "socks5h://proxy.example:1080"),
            ("Socks4a://proxy.example:99", "socks4a://proxy.example:99"),
        ] {
            let found = proxy(&[("HTTPS_PROXY", value)]).unwrap().unwrap();
            assert_eq!(found.address(), address, "{value}");
            assert!(found.covers(&server()), "{value}");
            found.to_reqwest().unwrap();
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (value, expected) in [
            ("ftp://proxy.example", "unknown-scheme"),
            ("quic://proxy.example", "unknown-scheme"),
            ("socks6://proxy.example", "unknown-scheme"),
            ("http://", "not-an-address"),
            ("http://:8080", "not-an-address"),
            ("socks5://", "not-an-address"),
            ("socks5://:1080", "not-an-address"),
            ("http://proxy example:8080", "not-an-address"),
            ("http://proxy.example:8080 http://other.example", "not-an-address"),
            ("http://proxy.example:99999", "not-an-address"),
            ("http://DOMAIN\\user:pass@proxy.example:8080", "not-an-address"),
            ("http://user:1/2@proxy.example:8080", "not-an-address"),
            ("http://user:1#2@proxy.example:8080", "not-an-address"),
            ("http://wpad.example/proxy.pac", "not-an-address"),
            ("http:/proxy.example:8080", "not-an-address"),
            ("\"http://proxy.example:8080", "not-an-address"),
        ] {
            let (variable, problem) = proxy(&[("all_proxy", value)]).err().unwrap_or_else(|| panic!("{value}"));
            assert_eq!((variable, problem.to_string().as_str()), ("all_proxy", expected), "{value}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let of = |variables: &[(&str, &str)]| proxy(variables).unwrap().map(|proxy| proxy.variable);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("HTTP_PROXY", "http://a")]), None, "that one is for plain HTTP");
        assert_eq!(of(&[("HTTPS_PROXY", ""), ("https_proxy", " "), ("ALL_PROXY", "\"\"")]), None);
        assert_eq!(of(&[("HTTPS_PROXY", ""), ("https_proxy", "a"), ("all_proxy", "b")]), Some("https_proxy"));
        assert_eq!(of(&[("REQUEST_METHOD", "GET"), ("all_proxy", "b")]), Some("all_proxy"), "a CGI program's");
    }

    #[test]
    fn exceptions_are_read_as_curl_and_go_read_them() {
        for (value, direct) in [
            ("oauth.aliyun.com", true),
            ("OAUTH.aliyun.com", true),
            ("aliyun.com", true),
            (".aliyun.com", true),
            ("*.aliyun.com", true),
            ("aliyun.com.", true),
            ("localhost, 127.0.0.1,*.aliyun.com", true),
            ("localhost aliyun.com", true),
            ("localhost;aliyun.com", true),
            ("\"localhost,aliyun.com\"", true),
            ("oauth.aliyun.com:443", true),
            ("*.aliyun.com:443", true),
            ("*", true),
            ("oauth.aliyun.com:8443", false),
            ("iyun.com", false),
            ("*liyun.com", false),
            ("oauth.aliyun.com.example", false),
            ("10.0.0.0/8,::1,fe80::/10", false),
            (",,", false),
            ("", false),
        ] {
            let found = proxy(&[("HTTPS_PROXY", "proxy.example"), ("no_proxy", value)]).unwrap().unwrap();
            assert_eq!(found.covers(&server()), !direct, "{value}");
        }
        let found = proxy(&[("HTTPS_PROXY", "proxy.example"), ("NO_PROXY", "10.0.0.0/8,[::1]:443")]).unwrap().unwrap();
        assert!(!found.covers(&Uri::from_static("https://10.1.2.3/")), "a network");
    }
}
