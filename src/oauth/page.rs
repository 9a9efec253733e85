//! The pages that the callback shows in a browser.
//!
//! This module holds the HTML, the style, the content security policy, and the choice of the language. The words
//! come from the caller and are constants: nothing of a request is repeated, so nothing can be injected. A page
//! loads nothing, and its headers forbid it to. Choosing the page is left to the caller.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::StatusCode;
use hyper::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue};
use ring::digest::{SHA256, digest};

use super::callback::Stray;
use crate::language::Language;
use crate::loopback_server::{Response, respond};

/// What a request to the callback is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The profile is saved.
    Success,
    /// The sign-in of a check succeeded. Nothing is saved.
    Checked,
    /// The user or the authorization server denied the authorization.
    Denied,
    /// The sign-in failed for another reason.
    Failed,
    /// The request does not belong to the sign-in.
    Stray(Stray),
}

/// The text of a page, as HTML without markup.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The title and the heading.
    pub heading: &'static str,
    /// What happened.
    pub text: &'static str,
    /// What to do next.
    pub note: &'static str,
}

/// Supplies the text of a page in a language.
pub type Wording = fn(Page, Language) -> Words;

impl Page {
    /// Returns the page with the words of `wording`, in the language that `headers` ask for.
    pub fn response(self, wording: Wording, headers: &HeaderMap) -> Response {
        let language = negotiate(headers);
        let body = self.html(wording(self, language), language);
        let mut response = respond(self.status(), "text/html; charset=utf-8", body);
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY.clone());
        if self == Self::Stray(Stray::MethodNotAllowed) {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        }
        response
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Success | Self::Checked | Self::Denied | Self::Failed => StatusCode::OK,
            Self::Stray(stray) => stray.status(),
        }
    }

    fn html(self, words: Words, language: Language) -> String {
        let Words { heading, text, note } = words;
        let (class, drawing) = match self {
            Self::Success | Self::Checked => ("success", "M18 33.5 28 43 46.5 22.5"),
            Self::Denied | Self::Stray(_) => ("denied", "M20 32H44"),
            Self::Failed => ("failed", "M32 18V35M32 44V45"),
        };
        let lang = language.tag();
        format!(
            r#"<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{heading} · aliyun-rs</title>
<style>{STYLE}</style>
</head>
<body>
<main class="{class}">
<svg viewBox="0 0 64 64" aria-hidden="true"><circle cx="32" cy="32" r="30"/><path d="{drawing}"/></svg>
<h1>{heading}</h1>
<p>{text}</p>
<p class="note">{note}</p>
</main>
<footer>aliyun-rs</footer>
</body>
</html>
"#
        )
    }
}

/// Returns the language that `Accept-Language` (RFC 9110 section 12.5.4) ranks highest, or English when it ranks none.
fn negotiate(headers: &HeaderMap) -> Language {
    let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let mut best = (Language::English, 0.0);
    for range in values.flat_map(|value| value.split(',')) {
        let (tag, quality) = read_range(range);
        if let Some(language) = Language::parse(tag).filter(|_| quality > best.1) {
            best = (language, quality);
        }
    }
    best.0
}

/// Splits a language range such as `zh-CN;q=0.9`. A malformed weight, or one out of range, counts as 0.
fn read_range(range: &str) -> (&str, f32) {
    let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
    let weight = parameter.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
    let quality = weight.and_then(|text| text.trim().parse().ok()).filter(|quality| (0.0..=1.0).contains(quality));
    (tag.trim(), quality.unwrap_or(0.0))
}

/// Allows the page's style, by its hash, and its empty icon. Without an icon the browser would request
/// `/favicon.ico` with the authorization code in the `Referer`.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is made of visible ASCII")
});

const STYLE: &str = "
:root {
  --ground: #f4f5f7; --card: #fff; --edge: #e3e6ea; --ink: #1c2127; --soft: #667079;
  --success: #15803d; --denied: #b45309; --failed: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101317; --card: #191d23; --edge: #2a3038; --ink: #e8ebee; --soft: #98a2ad;
    --success: #4ade80; --denied: #fbbf24; --failed: #f98a80;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  min-height: 100vh; min-height: 100svh; padding: 1.5rem;
  display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 1.25rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif;
}
main {
  width: 100%; max-width: 30rem; padding: 2.75rem 2rem;
  background: var(--card); border: 1px solid var(--edge); border-radius: 1rem; text-align: center;
}
svg { width: 4rem; height: 4rem; margin-bottom: 1.25rem; fill: none; stroke-linecap: round; stroke-linejoin: round; }
circle { fill: currentColor; opacity: .12; }
path { stroke: currentColor; stroke-width: 4; }
.success svg { color: var(--success); }
.denied svg { color: var(--denied); }
.failed svg { color: var(--failed); }
h1 { margin-bottom: .75rem; font-size: 1.5rem; font-weight: 600; line-height: 1.3; text-wrap: balance; }
p { text-wrap: balance; }
.note, footer { color: var(--soft); font-size: .875rem; }
.note { margin-top: .5rem; }
footer { letter-spacing: .04em; }
";

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(values: &[&'static str]) -> Language {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_LANGUAGE, HeaderValue::from_static(value));
        }
        negotiate(&headers)
    }

    #[test]
    fn the_language_with_the_greater_weight_is_used() {
        for values in [
            ["zh-CN,zh;q=0.9,en;q=0.8"].as_slice(),
            &["ZH"],
            &["zh,en"],
            &["en;q=0.5, zh-Hant-TW ; Q = 0.6"],
            &["fr", "zh;q=0.1"],
            &["en;q=0, zh;q=0.001"],
        ] {
            assert_eq!(asked(values), Language::Chinese, "{values:?}");
        }
        for values in [
            [].as_slice(),
            &["en-US,en;q=0.9,zh-CN;q=0.8"],
            &["*"],
            &["fr, de;q=0.5"],
            &["zh;q=0"],
            &["zh;q=2, en;q=0.1"],
            &["zh;q=NaN"],
            &["zh;level=1"],
            &["zhx, ;;;,=,"],
        ] {
            assert_eq!(asked(values), Language::English, "{values:?}");
        }
    }

    #[test]
    fn a_page_needs_only_what_its_policy_allows() {
        let words = Words { heading: "heading", text: "text", note: "note" };
        for page in [Page::Success, Page::Denied, Page::Failed, Page::Stray(Stray::NotFound)] {
            let html = page.html(words, Language::Chinese);
            for forbidden in ["<script", "style=", "http:", "https:", "src=", "@import", "url(", "onload"] {
                assert!(!html.contains(forbidden), "{forbidden} in {html}");
            }
            assert!(html.contains(r#"<link rel="icon" href="data:,">"#));
        }
    }
}
