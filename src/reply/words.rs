//! A server's words, fit to be shown: one line, and no part of a secret in any usual encoding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::form_urlencoded;

use crate::secret::Secret;
use crate::text::printable;

/// How much of the words is searched for secrets; the rest is never shown.
const MAX_SEARCHED: usize = 4096;
/// What is shown in place of words that give a secret away.
const COVERED: &str = "***";
/// A run of so many characters that has a digit could be a token of anybody.
const LONG_RUN: usize = 24;
/// How often percent-encoding is undone.
const DECODINGS: usize = 3;

/// Returns at most `limit` characters of `words`. Parts of `secrets` and whatever looks like a token are covered, and
/// all of it if it gives one of `secrets` away in another form.
pub(super) fn shown(words: &str, secrets: &[&Secret], limit: usize) -> String {
    let line = printable(words, MAX_SEARCHED);
    let whole = |secret: &&&Secret| !secret.is_empty();
    let rest = secrets.iter().filter(whole).fold(line.clone(), |line, secret| line.replace(secret.expose(), COVERED));
    match gives_away(&rest, secrets) {
        true => COVERED.to_owned(),
        false => printable(&without_tokens(&Secret::cover(secrets, &line)), limit),
    }
}

/// Covers the runs that look like tokens; a request id (RFC 9562) does not.
fn without_tokens(line: &str) -> String {
    let is_run = |c: char| !c.is_whitespace() && !".,:/?!'\"`()<>[]{}*".contains(c);
    let mut covered = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c| !is_run(c)).unwrap_or(rest.len()));
        let is_token = run.chars().count() >= LONG_RUN && run.contains(|c: char| c.is_ascii_digit()) && !is_uuid(run);
        covered.push_str(if is_token { COVERED } else { run });
        let (between, next) = after.split_at(after.find(is_run).unwrap_or(after.len()));
        covered.push_str(between);
        rest = next;
    }
    covered
}

fn is_uuid(run: &str) -> bool {
    let groups = run.split('-').map(|group| (group.len(), group.bytes().all(|byte| byte.is_ascii_hexdigit())));
    groups.eq([8, 4, 4, 4, 12].map(|length| (length, true)))
}

/// Whether a telling part of a secret is in `line`, in any of its forms, whatever stands between the characters.
fn gives_away(line: &str, secrets: &[&Secret]) -> bool {
    let mut texts = vec![bare(line)];
    let mut decoded = line.to_owned();
    for _ in 0..DECODINGS {
        let pairs = form_urlencoded::parse(decoded.as_bytes());
        decoded = pairs.flat_map(|(name, value)| [name, value]).collect();
        texts.push(bare(&decoded));
    }
    secrets.iter().flat_map(|secret| forms(secret)).any(|(form, telling)| {
        let form = bare(form.expose());
        let telling = telling.min(form.len());
        let mut parts = (0..=form.len() - telling).map(|at| &form[at..at + telling]);
        telling >= 4 && parts.any(|part| texts.iter().any(|text| text.contains(part)))
    })
}

/// How a secret may be written, each with how many letters and digits of it are not a coincidence.
fn forms(secret: &Secret) -> Vec<(Secret, usize)> {
    let bytes = secret.expose().as_bytes();
    let each = |write: fn(&u8) -> String| bytes.iter().map(write).collect::<String>();
    let mut forms = vec![
        (secret.expose().to_owned(), 10),
        (secret.expose().chars().rev().collect(), 10),
        (each(|byte| format!("{byte:02x}")), 16),
        (each(u8::to_string), 20),
    ];
    // Where in a longer text it stands decides which of three forms its Base64 (RFC 4648) has, but for the ends.
    forms.extend((0..3.min(bytes.len())).map(|at| (STANDARD_NO_PAD.encode(&bytes[at..]), 12)));
    forms.into_iter().map(|(form, telling)| (Secret::new(form), telling)).collect()
}

/// The letters and digits of `text` in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE;

    use super::*;

    const TOKEN: &str = "rt-0123/456-789aBcdefg_hij~klm+nop";

    fn escaped(write: fn(u8) -> String, between: &str) -> String {
        TOKEN.bytes().map(write).collect::<Vec<_>>().join(between)
    }

    #[test]
    fn no_form_of_a_secret_is_shown() {
        let twice = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for words in [
            TOKEN.to_owned(),
            TOKEN.to_uppercase(),
            TOKEN.to_lowercase(),
            TOKEN.chars().rev().collect(),
            TOKEN.replace('-', "%2D").replace('/', "%2f"),
            twice(TOKEN),
            twice(&twice(TOKEN)),
            escaped(|byte| format!("%{byte:02x}"), ""),
            escaped(|byte| format!("%25{byte:02X}"), ""),
            escaped(|byte| format!("\\u{byte:04x}"), ""),
            escaped(|byte| format!("&#{byte};"), ""),
            escaped(|byte| char::from(byte).to_string(), " "),
            escaped(|byte| char::from(byte).to_string(), "\n"),
            escaped(|byte| char::from(byte).to_string(), ", "),
            escaped(|byte| format!("{byte:02x}"), ""),
            escaped(|byte| format!("{byte:02X}"), ":"),
            escaped(|byte| format!("{byte:02x}"), " "),
            escaped(|byte| format!("0x{byte:02x}"), ""),
            escaped(|byte| byte.to_string(), " "),
            STANDARD_NO_PAD.encode(TOKEN),
            URL_SAFE.encode(TOKEN),
            URL_SAFE.encode(format!("x{TOKEN}y")),
            URL_SAFE.encode(format!("xy{TOKEN}")),
            URL_SAFE.encode(&TOKEN[..20]).chars().map(|c| format!("{c} ")).collect(),
            TOKEN.split_at(17).0.to_owned() + "\n" + TOKEN.split_at(17).1,
            TOKEN.replace('-', ": ").replace('_', "."),
        ] {
            for (before, after) in [("", ""), ("the token ", " is spent"), ("\"", "\"")] {
                let line = shown(&format!("{before}{words}{after}"), &[&Secret::new(TOKEN)], 200);
                assert!(line.contains(COVERED), "{words}: {line}");
                let left = bare(&line.replace("the token", "").replace("is spent", ""));
                assert!(left.len() < 8, "{words}: {line}");
            }
        }
    }

    #[test]
    fn what_a_server_usually_says_is_shown() {
        for words in [
            "The authorization code is invalid.",
            "Specified access key is not found or invalid (InvalidAccessKeyId.NotFound).",
            "see https://help.aliyun.com/document_detail/2593177.html?spm=5176",
            "RequestId: 8CBBF9E2-3D4A-5B6C-9D7E-1A3B5C7D9E1F",
            "acs:ram::1234567890123456:role/aliyunserviceroleforsomething/session",
            "访问密钥不存在或已被禁用，请检查后重试。",
        ] {
            assert_eq!(shown(words, &[&Secret::new(TOKEN)], 200), words);
        }
    }

    #[test]
    fn what_looks_like_a_token_of_anybody_is_covered() {
        for token in ["eyJhbGciOiJIUzI1NiJ9aaaaaa", "a1b2c3d4e5f6a1b2c3d4e5f6", "CAISzgJ1q6Ft5B2yfSjIr5fC%2Fabc"] {
            assert_eq!(shown(&format!("token {token}, spent"), &[], 200), "token ***, spent");
        }
    }
}
