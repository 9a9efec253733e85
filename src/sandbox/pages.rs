//! The sandbox's web pages, English or Chinese: sign-in, refusal, home. Everything that comes from a request is
//! escaped.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};

use super::authorization::AuthorizationRequest;
use super::provider::Parameters;
use super::users::{Kind, User};

/// The Content-Security-Policy: this style only; the form may lead to the client's callback at `redirect_uri`.
pub(super) fn policy(redirect_uri: Option<&str>) -> String {
    let target = redirect_uri.and_then(|uri| url::Url::parse(uri).ok()).map_or_else(String::new, |uri| {
        let origin = uri.origin();
        if origin.is_tuple() { format!(" {}", origin.ascii_serialization()) } else { format!(" {}:", uri.scheme()) }
    });
    let style = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' http://127.0.0.1:*{target}"
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1d2129;--soft:#646a73;--line:#dfe2e6;--hue:#c44e00;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#17181c;--card:#212329;--ink:#eceef1;--soft:#a0a6b0;--line:#3a3d45;--hue:#ff8a3c;--on:#1d1206}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--bg);color:var(--ink);\
font:16px/1.5 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2rem}
.tag{display:inline-block;margin:0 0 1rem;padding:.1rem .6rem;border-radius:99px;border:1px solid var(--hue);color:var(--hue);font-size:.8rem}
h1{margin:0 0 .4rem;font-size:1.35rem;line-height:1.3}
p{margin:.4rem 0;color:var(--soft)}
fieldset{margin:1.2rem 0;padding:0;border:0;display:grid;gap:.5rem}
legend{padding:0;margin-bottom:.5rem;font-weight:600}
label{display:flex;gap:.75rem;align-items:center;padding:.65rem .85rem;border:1px solid var(--line);border-radius:10px;cursor:pointer}
label:has(:checked){border-color:var(--hue);box-shadow:0 0 0 1px var(--hue)}
label small{display:block;color:var(--soft)}
input{accent-color:var(--hue);width:1.1rem;height:1.1rem;margin:0}
.acts{display:flex;gap:.75rem}
button{flex:1;padding:.7rem 1rem;border-radius:10px;border:1px solid var(--line);background:none;color:inherit;font:inherit;font-weight:600;cursor:pointer}
button[value=authorize]{background:var(--hue);border-color:var(--hue);color:var(--on)}
:focus-visible{outline:3px solid color-mix(in srgb,var(--hue) 55%,transparent);outline-offset:2px}";

struct Words {
    lang: &'static str,
    tag: &'static str,
    asks: &'static str,
    wants: &'static str,
    who: &'static str,
    kinds: [&'static str; 3],
    authorize: &'static str,
    deny: &'static str,
    refused: &'static str,
    /// The text of the real site for an identity that the app is not assigned to.
    not_authorized: [&'static str; 2],
    home: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    tag: "Sandbox: not the real Alibaba Cloud",
    asks: "The command line on this machine asks to act for you with temporary credentials.",
    wants: "This application asks for these scopes:",
    who: "Continue as",
    kinds: ["Account", "RAM user", "RAM role"],
    authorize: "Authorize",
    deny: "Deny",
    refused: "The request is refused",
    not_authorized: ["The call is not authorized", "You are not allowed to do this action."],
    home: "This is a sandbox. Start a sign-in from the command line.",
};

const CHINESE: Words = Words {
    lang: "zh-CN",
    tag: "沙箱：不是真实的阿里云",
    asks: "本机的命令行请求使用临时凭证代表您操作。",
    wants: "该应用请求以下范围：",
    who: "选择身份",
    kinds: ["主账号", "RAM 用户", "RAM 角色"],
    authorize: "授权",
    deny: "拒绝",
    refused: "请求被拒绝",
    not_authorized: ["调用未授权", "您没有权限执行此操作。"],
    home: "这是一个沙箱。请从命令行开始登录。",
};

const fn words(chinese: bool) -> &'static Words {
    if chinese { &CHINESE } else { &ENGLISH }
}

/// The page that asks who signs in and whether they authorize. Hidden fields carry the request along.
pub(super) fn sign_in(
    app: &str,
    users: &[User],
    request: &Parameters,
    authorization: &AuthorizationRequest,
    chinese: bool,
) -> String {
    let words = words(chinese);
    let hidden: String = request
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value)))
        .collect();
    let choices: String = users
        .iter()
        .enumerate()
        .map(|(at, user)| {
            let kind = match user.kind {
                Kind::Account => words.kinds[0],
                Kind::RamUser => words.kinds[1],
                Kind::Role => words.kinds[2],
            };
            let (name, account) = (escape(&user.name), escape(&user.account_id));
            let checked = if at == 0 { " checked" } else { "" };
            format!(
                "<label><input type=\"radio\" name=\"user\" value=\"{name}\"{checked}>\
                 <span>{name}<small>{kind} · {account}</small></span></label>\n"
            )
        })
        .collect();
    let title = format!("{} {}", words.authorize, escape(app));
    let asks = if authorization.is_official() {
        words.asks.to_owned()
    } else {
        format!("{} {}", words.wants, escape(&authorization.scope()))
    };
    let Words { who, authorize, deny, .. } = words;
    let body = format!(
        "<h1>{title}</h1>\n<p>{asks}</p>\n<form method=\"post\" action=\"/oauth2/v1/auth\">\n{hidden}\
         <fieldset>\n<legend>{who}</legend>\n{choices}</fieldset>\n<div class=\"acts\">\n\
         <button name=\"decision\" value=\"deny\">{deny}</button>\n\
         <button name=\"decision\" value=\"authorize\">{authorize}</button>\n</div>\n</form>"
    );
    page(words, &title, &body)
}

/// The page for an invalid request.
pub(super) fn refused(why: &str, chinese: bool) -> String {
    let words = words(chinese);
    page(words, words.refused, &format!("<h1>{}</h1>\n<p>{}</p>", words.refused, escape(why)))
}

/// The page for an identity that may not use the app. It does not lead back to the client, and names the identity
/// and the page of the console where an administrator can assign it.
pub(super) fn not_authorized(user: &User, client_id: &str, chinese: bool) -> String {
    let words = words(chinese);
    let [title, why] = words.not_authorized;
    let console =
        format!("https://ram.console.aliyun.com/applications/{client_id}?appType=ThirdPartyApp&activeTab=Assignments");
    let who = escape(&user.arn());
    page(words, title, &format!("<h1>{title}</h1>\n<p>{why}</p>\n<p>{who}</p>\n<p>{}</p>", escape(&console)))
}

/// The page at `/`.
pub(super) fn home(chinese: bool) -> String {
    let words = words(chinese);
    page(words, "aliyun-rs", &format!("<h1>aliyun-rs</h1>\n<p>{}</p>", words.home))
}

fn page(words: &Words, title: &str, body: &str) -> String {
    let Words { lang, tag, .. } = words;
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<p class=\"tag\">{tag}</p>\n{body}\n\
         </main>\n</body>\n</html>\n"
    )
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
