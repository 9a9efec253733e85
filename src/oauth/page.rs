//! What the browser shows at the end of a sign-in.
//!
//! Three pages, Chinese or English, fixed to the last byte: nothing of a request is ever repeated, so there is
//! nothing to inject into. They need nothing from anywhere, and their headers let them have nothing. Which page
//! is true is left to the caller.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::StatusCode;
use hyper::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue};
use ring::digest::{SHA256, digest};

use super::callback::Stray;
use crate::loopback_server::{Response, respond};

/// How the sign-in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The profile is saved.
    Success,
    /// The user, or the server, said no.
    Denied,
    /// Anything else; the terminal says what.
    Failed,
}

impl Page {
    /// The page in the language that `headers` ask for.
    pub fn response(self, headers: &HeaderMap) -> Response {
        let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", self.html(Language::asked_for(headers)));
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY.clone());
        response
    }

    fn html(self, language: Language) -> String {
        let Words { heading, text, note } = self.words(language);
        let (class, drawing) = match self {
            Self::Success => ("success", "M18 33.5 28 43 46.5 22.5"),
            Self::Denied => ("denied", "M20 32H44"),
            Self::Failed => ("failed", "M32 18V35M32 44V45"),
        };
        let lang = match language {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        };
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

    const fn words(self, language: Language) -> Words {
        match (self, language) {
            (Self::Success, Language::English) => Words {
                heading: "You are signed in",
                text: "Authorization successful. You can close this window.",
                note: "Your profile is saved. The terminal has the rest.",
            },
            (Self::Success, Language::Chinese) => Words {
                heading: "登录成功",
                text: "授权成功，您可以关闭此窗口。",
                note: "配置已保存，请回到终端继续。",
            },
            (Self::Denied, Language::English) => Words {
                heading: "Authorization was denied",
                text: "Nothing was saved. Please look at the terminal.",
                note: "It says what an administrator may have to do before you try again.",
            },
            (Self::Denied, Language::Chinese) => Words {
                heading: "授权被拒绝",
                text: "未保存任何内容，请查看终端。",
                note: "终端中说明了重试之前管理员可能需要完成的操作。",
            },
            (Self::Failed, Language::English) => Words {
                heading: "The sign-in did not complete",
                text: "Please look at the terminal.",
                note: "It says what went wrong and what to do next.",
            },
            (Self::Failed, Language::Chinese) => {
                Words {
                    heading: "登录未完成", text: "请查看终端。", note: "终端中说明了失败原因和后续步骤。"
                }
            }
        }
    }
}

struct Words {
    heading: &'static str,
    text: &'static str,
    note: &'static str,
}

/// The answer to a request that does not belong to the sign-in.
pub fn stray(stray: Stray) -> Response {
    let text = match stray {
        Stray::NotFound => "There is nothing here.\n",
        Stray::MethodNotAllowed => "Only GET is answered here.\n",
        Stray::Forbidden => "Only a browser's own navigation is answered here.\n",
        Stray::BadRequest => {
            "This does not belong to the sign-in that is waiting. Please use the URL in the terminal.\n"
        }
    };
    let mut response = respond(stray.status(), "text/plain; charset=utf-8", text);
    if stray == Stray::MethodNotAllowed {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    }
    response
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    English,
    Chinese,
}

impl Language {
    /// The one that `Accept-Language` (RFC 9110 section 12.5.4) ranks higher; English where it prefers neither.
    fn asked_for(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let mut best = (Self::English, 0.0);
        for range in values.flat_map(|value| value.split(',')) {
            let (tag, quality) = read_range(range);
            let language = match tag.split('-').next().unwrap_or_default() {
                primary if primary.eq_ignore_ascii_case("zh") => Self::Chinese,
                primary if primary.eq_ignore_ascii_case("en") => Self::English,
                _ => continue,
            };
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }
}

/// Splits `zh-CN;q=0.9`. A weight that is none counts as nothing, as does one out of range.
fn read_range(range: &str) -> (&str, f32) {
    let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
    let weight = parameter.trim().strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
    let quality = weight.and_then(|text| text.trim().parse().ok()).filter(|quality| (0.0..=1.0).contains(quality));
    (tag.trim(), quality.unwrap_or(0.0))
}

/// Allows the page's own style, by its hash, and its empty icon, which keeps the browser from asking for one
/// with the code in the `Referer`.
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
        Language::asked_for(&headers)
    }

    #[test]
    fn the_language_with_the_greater_weight_is_spoken() {
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
    fn no_page_needs_anything_that_its_policy_does_not_allow() {
        for page in [Page::Success, Page::Denied, Page::Failed] {
            for language in [Language::English, Language::Chinese] {
                let html = page.html(language);
                for forbidden in ["<script", "style=", "http:", "https:", "src=", "@import", "url(", "onload"] {
                    assert!(!html.contains(forbidden), "{forbidden} in {html}");
                }
                assert!(html.contains(r#"<link rel="icon" href="data:,">"#));
            }
        }
    }

    #[test]
    fn only_the_page_of_success_speaks_of_success() {
        let says = "Authorization successful. You can close this window.";
        assert!(Page::Success.html(Language::English).contains(says));
        for page in [Page::Denied, Page::Failed] {
            assert!(!page.html(Language::English).contains("successful"));
            assert!(page.html(Language::English).contains("look at the terminal"));
            assert!(page.html(Language::Chinese).contains("请查看终端"));
            assert!(!page.html(Language::Chinese).contains("成功"));
        }
    }
}
