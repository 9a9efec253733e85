//! What errors of the network say in English.

use std::fmt::{Result, Write as _};

use super::failure::no_entropy;
use crate::cli::messages::shown::innermost;
use crate::host::{CertificateProblem, ProxyProblem, RootsError, RootsProblem, TransportCause, TransportError};
use crate::openapi::{CallError, Unexpected};
use crate::reply::{FieldProblem, Instead, Refusal, ReplyError};
use crate::text::printable;
use crate::time::Timestamp;

/// How many of a certificate's names are shown, each up to a length.
const NAMES: usize = 3;
const NAME: usize = 64;

/// Why a signed call brought no answer.
pub(super) fn call(error: &CallError, f: &mut String) -> Result {
    match error {
        CallError::NoEntropy(_) => no_entropy(f),
        CallError::Reply(error) => reply(error, f),
        CallError::Unexpected(Unexpected { field, request_id, answer }) => {
            write!(f, "the answer has no usable `{field}`")?;
            request_id.as_ref().map_or(Ok(()), |id| write!(f, ", request id {id}"))?;
            if answer.is_empty() { Ok(()) } else { write!(f, ": {answer}") }
        }
    }
}

/// Why a request to Alibaba Cloud brought nothing usable.
pub(super) fn reply(error: &ReplyError, f: &mut String) -> Result {
    match error {
        ReplyError::NotSandboxToken(_) => {
            f.write_str("the profile's token or key was not issued by a sandbox, so it is not used with one")
        }
        ReplyError::Transport(error) => transport(error, f),
        ReplyError::Refused(error) => refusal(error, f),
        ReplyError::NotJson { host, what, status } => {
            let what = match what {
                Instead::Redirect => "a redirect",
                Instead::Nothing => "nothing",
                Instead::WebPage => "a web page",
                Instead::Other => "something else",
            };
            write!(f, "{host} answered with {what} instead of JSON (status {status})")
        }
        ReplyError::Field { host, field, problem } => {
            let problem = match problem {
                FieldProblem::Missing => "is missing",
                FieldProblem::Empty => "is empty",
                FieldProblem::WrongType => "is not a string",
                FieldProblem::Unusable => "is malformed",
                FieldProblem::NotADate => "is not a date",
                FieldProblem::Past => "is in the past",
            };
            write!(f, "unusable answer from {host}: `{field}` {problem}")
        }
    }
}

fn refusal(refusal: &Refusal, f: &mut String) -> Result {
    write!(f, "{} refused: ", refusal.host)?;
    match &refusal.code {
        Some(code) => write!(f, "`{code}` (status {})", refusal.status)?,
        None => write!(f, "status {}", refusal.status)?,
    }
    for (label, value) in [("", &refusal.description), ("request id ", &refusal.request_id)] {
        if let Some(value) = value {
            write!(f, ", {label}{value}")?;
        }
    }
    Ok(())
}

/// Why no complete answer came back.
pub(super) fn transport(error: &TransportError, f: &mut String) -> Result {
    write!(f, "no answer from {}: ", error.host)?;
    match &error.cause {
        TransportCause::TooLarge { limit } => write!(f, "the answer is larger than {} MiB", limit >> 20),
        TransportCause::TimedOut => f.write_str("timed out"),
        TransportCause::Certificate { problem, source } => {
            f.write_str("its certificate was refused: ")?;
            certificate(problem, source, f)
        }
        TransportCause::Roots(error) => roots(error, f),
        TransportCause::Proxy { variable, address, problem } => proxy(variable, address.as_deref(), problem, f),
        TransportCause::Dns(_) => f.write_str("its name could not be resolved"),
        TransportCause::Refused(_) => f.write_str("the connection was refused"),
        TransportCause::Closed(_) => f.write_str("the connection was closed before the answer was complete"),
        TransportCause::NotHttp(_) => f.write_str("what it sent is not valid HTTP"),
        TransportCause::Other(error) => write!(f, "{}", innermost(error)),
    }
}

fn proxy(variable: &str, address: Option<&str>, problem: &ProxyProblem, f: &mut String) -> Result {
    match address {
        Some(address) => write!(f, "the proxy {address} ({variable}) ")?,
        None => write!(f, "{variable} ")?,
    }
    match problem {
        ProxyProblem::NotUnicode => f.write_str("is not valid Unicode"),
        ProxyProblem::UnknownScheme => {
            f.write_str("has an unsupported protocol; use http, https, socks4, socks4a, socks5 or socks5h")
        }
        ProxyProblem::NotAnAddress => f.write_str(
            "is not a proxy address; use http://HOST:PORT, and percent-encode special characters in a user name or \
             password",
        ),
        ProxyProblem::Unreachable(error) => write!(f, "cannot be reached: {}", innermost(error)),
        ProxyProblem::TimedOut => f.write_str("did not connect in time"),
        ProxyProblem::Answered(407) => f.write_str("requires a valid user name and password (status 407)"),
        ProxyProblem::Answered(status) => write!(f, "refused to connect (status {status})"),
        ProxyProblem::Failed(error) => write!(f, "did not connect: {}", innermost(error)),
    }
}

fn roots(error: &RootsError, f: &mut String) -> Result {
    write!(f, "{} names `{}`, which ", error.variable, error.path.display())?;
    match &error.problem {
        RootsProblem::Missing => f.write_str("does not exist"),
        RootsProblem::Unreadable(error) => write!(f, "cannot be read: {error}"),
        RootsProblem::NotAFile => f.write_str("is not a regular file"),
        RootsProblem::NotAFolder => f.write_str("is not a folder"),
        RootsProblem::TooLarge { limit } => write!(f, "is larger than {} MiB", limit >> 20),
        RootsProblem::NoCertificate => f.write_str("contains no certificate in PEM format"),
    }
}

fn certificate(problem: &CertificateProblem, source: &rustls::Error, f: &mut String) -> Result {
    match problem {
        CertificateProblem::Expired { now, not_after } => {
            write!(f, "it expired{}{}", at(*not_after), clock(*now))
        }
        CertificateProblem::NotValidYet { now, not_before } => {
            write!(f, "it is not valid before{}{}", at(*not_before), clock(*now))
        }
        CertificateProblem::UnknownIssuer => f.write_str("no trusted authority issued it (UnknownIssuer)"),
        CertificateProblem::WrongName { presented } => {
            f.write_str("it was issued for another host")?;
            let names: Vec<String> = presented.iter().take(NAMES).map(|name| printable(name, NAME)).collect();
            if names.is_empty() { Ok(()) } else { write!(f, " ({})", names.join(", ")) }
        }
        CertificateProblem::BadSignature => f.write_str("its signature is wrong (BadSignature)"),
        CertificateProblem::Revoked => f.write_str("its authority revoked it"),
        CertificateProblem::Other => write!(f, "{source}"),
    }
}

fn at(time: Option<Timestamp>) -> String {
    time.map(|time| format!(" {time}")).unwrap_or_default()
}

fn clock(now: Option<Timestamp>) -> String {
    now.map(|now| format!("; this machine's clock shows {now}")).unwrap_or_default()
}
