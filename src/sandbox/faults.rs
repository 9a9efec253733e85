//! Faults on demand: `ENDPOINT=FAULT` or `ENDPOINT=FAULTxTIMES`. The table [`FORMS`] is the grammar.

use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

/// A fault at one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What happens there.
    pub kind: FaultKind,
    /// How many more times; `None` for every time.
    pub times: Option<u32>,
}

/// An endpoint of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// The sign-in page and its form.
    Authorize,
    /// `/v1/token`
    Token,
    /// `/v1/exchange`
    Exchange,
    /// `/v1/revoke`
    Revoke,
    /// `/v1/userinfo`
    UserInfo,
    /// `/v1/keys`
    Keys,
    /// The discovery document.
    Discovery,
    /// `GetCallerIdentity`
    Sts,
    /// Identity Management Service
    Ims,
    /// Resource Access Management
    Ram,
}

/// What happens instead of, before or after the endpoint's work. After the work a token or code is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Instead: this status, with an OAuth `error` code.
    Refuse(u16, String),
    /// Instead: this status, with the `Code` and `Message` of Alibaba Cloud's APIs.
    RefuseApi(u16, String),
    /// Instead: this status and body.
    Respond(u16, String),
    /// Instead: the connection closes.
    Drop,
    /// Instead: a redirect to another path.
    Redirect,
    /// Instead: a web page, as of a captive portal.
    Html,
    /// Before: a pause.
    Delay(Duration),
    /// After: a pause.
    DelayAfter(Duration),
    /// After: the connection closes.
    DropAfter,
    /// After: this status and body.
    RespondAfter(u16, String),
    /// After: the port refuses connections for this time, once the answer is sent.
    RefusedAfter(Duration),
    /// After: bytes that are not HTTP.
    Garbage,
    /// After: the connection closes in the middle of the body, or before its last bytes.
    Cut(Option<usize>),
    /// After: this pause between one byte and the next.
    Slow(Duration),
    /// After: a body of 2 MiB.
    Huge,
    /// After: this body.
    Body(String),
    /// After: a body without this field.
    Without(String),
    /// After: a body with this field set to this JSON value.
    With(String, Value),
    /// After: a body with these JSON members appended, even if it has fields of the same names.
    Append(String),
    /// After: a `Date` header off by these seconds.
    Date(i64),
}

/// One row of the grammar.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The spelling. Capitals stand for arguments: `FIELD` is a path with dots, `MS` milliseconds.
    pub syntax: &'static str,
    /// An example.
    pub example: &'static str,
    read: fn(&str) -> Option<FaultKind>,
}

const fn form(syntax: &'static str, example: &'static str, read: fn(&str) -> Option<FaultKind>) -> Form {
    Form { syntax, example, read }
}

/// The grammar of faults. Which row a text belongs to is decided by the text before its first colon; the rest is read
/// by the row. A status stands for itself.
#[rustfmt::skip]
pub const FORMS: [Form; 20] = [
    form("STATUS[:CODE]", "503", |_| None),
    form("api:STATUS:CODE", "api:403:NoPermission", |rest| pair(rest).map(|(status, code)| FaultKind::RefuseApi(status, code))),
    form("status:STATUS:BODY", "status:200:{}", |rest| pair(rest).map(|(status, body)| FaultKind::Respond(status, body))),
    form("drop", "drop", |rest| bare(rest, FaultKind::Drop)),
    form("redirect", "redirect", |rest| bare(rest, FaultKind::Redirect)),
    form("html", "html", |rest| bare(rest, FaultKind::Html)),
    form("delay:MS", "delay:500", |rest| span(rest).map(FaultKind::Delay)),
    form("delay-after:MS", "delay-after:500", |rest| span(rest).map(FaultKind::DelayAfter)),
    form("drop-after", "drop-after", |rest| bare(rest, FaultKind::DropAfter)),
    form("status-after:STATUS:BODY", "status-after:502:", |rest| pair(rest).map(|(status, body)| FaultKind::RespondAfter(status, body))),
    form("refused-after:MS", "refused-after:500", |rest| span(rest).map(FaultKind::RefusedAfter)),
    form("garbage", "garbage", |rest| bare(rest, FaultKind::Garbage)),
    form("cut[:BYTES]", "cut:9", |rest| match rest {
        "" => Some(FaultKind::Cut(None)),
        bytes => bytes.parse().ok().map(|bytes| FaultKind::Cut(Some(bytes))),
    }),
    form("slow:MS", "slow:5", |rest| span(rest).map(FaultKind::Slow)),
    form("huge", "huge", |rest| bare(rest, FaultKind::Huge)),
    form("body:TEXT", "body:{}", |rest| Some(FaultKind::Body(rest.to_owned()))),
    form("without:FIELD", "without:expires_in", |rest| (!rest.is_empty()).then(|| FaultKind::Without(rest.to_owned()))),
    form("with:FIELD:JSON", "with:expires_in:0", |rest| {
        let (field, json) = rest.split_once(':').filter(|(field, _)| !field.is_empty())?;
        Some(FaultKind::With(field.to_owned(), serde_json::from_str(json).ok()?))
    }),
    form("append:OBJECT", "append:{\"refresh_token\":\"other\"}", |rest| members(rest).map(FaultKind::Append)),
    form("date:SECONDS", "date:+3600", |rest| rest.parse().ok().map(FaultKind::Date)),
];

fn bare(rest: &str, kind: FaultKind) -> Option<FaultKind> {
    rest.is_empty().then_some(kind)
}

fn span(rest: &str) -> Option<Duration> {
    rest.parse().ok().map(Duration::from_millis)
}

/// A status and what follows it.
fn pair(rest: &str) -> Option<(u16, String)> {
    let (status, rest) = rest.split_once(':')?;
    Some((status.parse().ok().filter(|status| (200..=599).contains(status))?, rest.to_owned()))
}

/// The members of a JSON object that is not empty, as they are written.
fn members(object: &str) -> Option<String> {
    let fields: Map<String, Value> = serde_json::from_str(object).ok()?;
    let members = object.trim().strip_prefix('{')?.strip_suffix('}')?;
    (!fields.is_empty()).then(|| members.to_owned())
}

impl Endpoint {
    /// The name in a fault and in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Token => "token",
            Self::Exchange => "exchange",
            Self::Revoke => "revoke",
            Self::UserInfo => "userinfo",
            Self::Keys => "keys",
            Self::Discovery => "discovery",
            Self::Sts => "sts",
            Self::Ims => "ims",
            Self::Ram => "ram",
        }
    }

    /// All endpoints.
    pub const ALL: [Self; 10] = [
        Self::Authorize,
        Self::Token,
        Self::Exchange,
        Self::Revoke,
        Self::UserInfo,
        Self::Keys,
        Self::Discovery,
        Self::Sts,
        Self::Ims,
        Self::Ram,
    ];
}

/// The text is not a fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid-fault")]
pub struct InvalidFault;

impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let (endpoint, fault) = text.split_once('=').ok_or(InvalidFault)?;
        let endpoint = Endpoint::ALL.into_iter().find(|known| known.as_str() == endpoint).ok_or(InvalidFault)?;
        let (kind, times) = match fault.rsplit_once('x') {
            Some((kind, times)) if times.parse::<u32>().is_ok() => (kind, times.parse().ok()),
            _ => (fault, None),
        };
        Ok(Self { endpoint, kind: kind.parse()?, times })
    }
}

impl FromStr for FaultKind {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let (word, rest) = text.split_once(':').unwrap_or((text, ""));
        if let Ok(status @ 300..=599) = word.parse::<u16>() {
            return Ok(Self::Refuse(status, if rest.is_empty() { default_code(status) } else { rest }.to_owned()));
        }
        let form = FORMS.iter().find(|form| form.syntax.split([':', '[']).next() == Some(word)).ok_or(InvalidFault)?;
        (form.read)(rest).ok_or(InvalidFault)
    }
}

const fn default_code(status: u16) -> &'static str {
    match status {
        429 => "throttled",
        503 => "temporarily_unavailable",
        500..=599 => "server_error",
        401 => "invalid_token",
        403 => "access_denied",
        _ => "invalid_request",
    }
}

/// Takes the next pending fault at `endpoint`.
pub(super) fn take(faults: &mut Vec<Fault>, endpoint: Endpoint) -> Option<FaultKind> {
    let at = faults.iter().position(|fault| fault.endpoint == endpoint && fault.times != Some(0))?;
    let fault = &mut faults[at];
    let kind = fault.kind.clone();
    if let Some(times) = &mut fault.times {
        *times -= 1;
        if *times == 0 {
            faults.remove(at);
        }
    }
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_parsed_and_used_up() {
        let mut faults =
            vec!["token=503x2".parse::<Fault>().unwrap(), "exchange=with:expiration:\"x\"".parse().unwrap()];
        assert_eq!(take(&mut faults, Endpoint::Sts), None);
        for _ in 0..2 {
            let refuse = FaultKind::Refuse(503, "temporarily_unavailable".to_owned());
            assert_eq!(take(&mut faults, Endpoint::Token), Some(refuse));
        }
        assert_eq!(take(&mut faults, Endpoint::Token), None);
        let with = FaultKind::With("expiration".to_owned(), "x".into());
        assert_eq!(take(&mut faults, Endpoint::Exchange), Some(with.clone()));
        assert_eq!(take(&mut faults, Endpoint::Exchange), Some(with), "without a number it stays");
    }

    #[test]
    fn every_form_reads_its_example() {
        for form in FORMS {
            for (suffix, times) in [("", None), ("x3", Some(3))] {
                let fault: Fault = format!("revoke={}{suffix}", form.example).parse().unwrap();
                assert_eq!((fault.endpoint, fault.times), (Endpoint::Revoke, times), "{}", form.syntax);
            }
        }
    }

    #[test]
    fn invalid_faults_are_refused() {
        for text in [
            "",
            "token",
            "token=",
            "nowhere=500",
            "token=999",
            "token=STATUS[",
            "token=delay:soon",
            "token=drop:1",
            "token=cut:x",
            "token=with:a:b",
            "token=with::1",
            "token=without:",
            "token=append:{}",
            "token=append:[1]",
            "token=api:403",
            "token=status:99:x",
            "token=date:late",
            "token=dropx-1",
        ] {
            assert_eq!(text.parse::<Fault>(), Err(InvalidFault), "{text}");
        }
    }
}
