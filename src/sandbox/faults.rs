//! What can go wrong on the way, on demand: `ENDPOINT=FAULT` or `ENDPOINT=FAULTxTIMES`.

use std::str::FromStr;
use std::time::Duration;

/// One thing that goes wrong at one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub endpoint: Endpoint,
    /// What.
    pub kind: FaultKind,
    /// How many more times; `None` is for ever.
    pub times: Option<u32>,
}

/// What the sandbox serves.
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
    /// `GetCallerIdentity`
    Sts,
}

/// What goes wrong. All but the first six happen after the endpoint did its work: what was to be spent is spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A status and an `error` of that code, nothing is done.
    Refuse(u16, String),
    /// A connection that breaks before anything is done.
    Drop,
    /// A redirect elsewhere.
    Redirect,
    /// A web page instead of JSON.
    Html,
    /// Nothing for a while, then the usual.
    Delay(Duration),
    /// Bytes that are no HTTP.
    Garbage,
    /// A connection that breaks after everything is done.
    DropAfter,
    /// An answer that breaks in the middle.
    Cut,
    /// An answer of more than a MiB.
    Huge,
    /// An answer without this field.
    Without(String),
    /// An answer with this field set to this JSON text.
    With(String, String),
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
            Self::Sts => "sts",
        }
    }

    const ALL: [Self; 6] = [Self::Authorize, Self::Token, Self::Exchange, Self::Revoke, Self::UserInfo, Self::Sts];
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
        match (word, rest) {
            ("drop", "") => Ok(Self::Drop),
            ("drop-after", "") => Ok(Self::DropAfter),
            ("cut", "") => Ok(Self::Cut),
            ("garbage", "") => Ok(Self::Garbage),
            ("html", "") => Ok(Self::Html),
            ("huge", "") => Ok(Self::Huge),
            ("redirect", "") => Ok(Self::Redirect),
            ("delay", span) => Ok(Self::Delay(Duration::from_millis(span.parse().map_err(|_| InvalidFault)?))),
            ("without", field) if !field.is_empty() => Ok(Self::Without(field.to_owned())),
            ("with", setting) => {
                let (field, json) = setting.split_once(':').ok_or(InvalidFault)?;
                serde_json::from_str::<serde_json::Value>(json).map_err(|_| InvalidFault)?;
                Ok(Self::With(field.to_owned(), json.to_owned()))
            }
            _ => Err(InvalidFault),
        }
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

/// Takes the next fault that waits at `endpoint`.
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
        let with = FaultKind::With("expiration".to_owned(), "\"x\"".to_owned());
        assert_eq!(take(&mut faults, Endpoint::Exchange), Some(with.clone()));
        assert_eq!(take(&mut faults, Endpoint::Exchange), Some(with), "without a number it stays");
    }

    #[test]
    fn invalid_faults_are_refused() {
        for text in
            ["", "token", "token=", "nowhere=500", "token=999", "token=delay:soon", "token=with:a:b", "token=dropx-1"]
        {
            assert_eq!(text.parse::<Fault>(), Err(InvalidFault), "{text}");
        }
    }
}
