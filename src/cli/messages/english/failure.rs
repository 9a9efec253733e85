//! What went wrong, in English: lower case, no full stop, values in backticks.

use std::fmt::{Result, Write as _};
use std::io;

use super::file::{store, token_file};
use super::network::{call, reply};
use super::{app, problem};
use crate::cli::failure::{Attempt, Failure, Usage};
use crate::cli::messages::shown::{name, quoted};
use crate::cli::render::span;
use crate::cli::shell::Unquotable;
use crate::config::StoreError;
use crate::credentials::{Error, SignInReason};
use crate::host::Panicked;
use crate::login::{self, NotExchanged};
use crate::oauth::loopback::PortsUnavailable;
use crate::sandbox::{FolderError, StartError};
use crate::serve::{OpenError, Refused};
use crate::site::SANDBOX_VARIABLE;
use crate::text::printable;

pub(super) fn failure(failure: &Failure, f: &mut String) -> Result {
    match failure {
        Failure::Quiet(_) | Failure::PassedOn(_) => Ok(()),
        Failure::Usage(wrong) => usage(wrong, f),
        Failure::Output(error) => write!(f, "could not write to standard output: {}", error.cause()),
        Failure::Write { path, error } => write!(f, "could not write {}: {error}", quoted(path)),
        Failure::System(attempt, error) => write!(f, "could not {}: {error}", attempted(*attempt)),
        Failure::Store(error, _) => store(error, f),
        Failure::Credentials(error) => credentials(error, f),
        Failure::Login(error) => login(error, f),
        Failure::NotExchanged { profile, error } => {
            write!(f, "the profile `{}` is signed in and saved, but has no credentials yet: ", name(profile))?;
            match error {
                NotExchanged::Exchange(error) => reply(error, f),
                NotExchanged::NoAccessToken => f.write_str("the server sent no usable access token"),
                NotExchanged::Interrupted => f.write_str("interrupted"),
            }
        }
        Failure::Identity { saved: Some(profile), error } => {
            write!(f, "the profile `{}` is saved, but its identity could not be verified: ", name(profile))?;
            call(error, f)
        }
        Failure::Identity { saved: None, error } => call(error, f),
        Failure::Revoke(error) => reply(error, f),
        Failure::NoAnswer { waited } => write!(f, "no answer within {}", span(*waited)),
        Failure::App(error) => app::failure(error, f),
        Failure::Endpoint(error) => endpoint(error, f),
        Failure::TokenFile { path, error } => token_file(path, error, f),
        Failure::Sandbox(error) => sandbox(error, f),
        Failure::SessionEnds { profile, left } => {
            write!(f, "the login of the profile `{}` ends in {}", name(profile.as_str()), span(*left))
        }
        Failure::SessionUnknown { profile } => write!(
            f,
            "the credentials of the profile `{}` are valid now and renew themselves, but the server does not say how \
             long the login lasts",
            name(profile.as_str())
        ),
        Failure::BeforeCommand(before) => self::failure(before, f),
        Failure::NotRun { program, error } => {
            let program = printable(&program.to_string_lossy(), 256);
            match error.kind() {
                io::ErrorKind::NotFound => write!(f, "command not found: `{program}`"),
                _ => write!(f, "could not run `{program}`: {error}"),
            }
        }
        Failure::Panicked(Panicked { place }) => {
            let place = place.as_deref().unwrap_or("an unknown place");
            write!(f, "internal error at {place}: please report this line as a bug of aliyun-rs")
        }
    }
}

const fn attempted(attempt: Attempt) -> &'static str {
    match attempt {
        Attempt::ListenForInterrupts => "listen for interrupts",
        Attempt::OpenBrowser => "open a browser",
        Attempt::ReadAnswer => "read an answer",
        Attempt::ShowList => "show a list of profiles on the terminal",
        Attempt::StartRuntime => "start the asynchronous runtime",
    }
}

pub(super) fn refused(refused: &Refused<'_>, f: &mut String) -> Result {
    f.write_str(match refused {
        Refused::Host => "not this host",
        Refused::HeadTooLarge => "request head too large",
        Refused::Malformed => "malformed request",
        Refused::Browser => "browsers are not served",
        Refused::Method => "use GET",
        Refused::Path => "not found",
        Refused::User => "other users are not served",
        Refused::Expired => "the credentials have expired",
        Refused::Failed(error) => return credentials(error, f),
    })
}

fn usage(usage: &Usage, f: &mut String) -> Result {
    match usage {
        Usage::CommandLine { text } => {
            // Without the usage, which the parser appends.
            let told = text.split("\n\nUsage:").next().unwrap_or_default();
            f.write_str(told.trim_start_matches("error: ").trim_end())
        }
        Usage::Answer(wrong) => problem(wrong, f),
        Usage::Value { option, value, problem: wrong } => {
            write!(f, "invalid value `{}` for `{}`: ", name(value), name(option))?;
            problem(wrong, f)
        }
        Usage::Variable { name: variable, problem: wrong } => {
            write!(f, "invalid value of {variable}: ")?;
            problem(wrong, f)
        }
        Usage::SandboxAddress => write!(f, "{SANDBOX_VARIABLE} must be `http://127.0.0.1:PORT`"),
        Usage::RealFile { path } => {
            write!(f, "with {SANDBOX_VARIABLE} set, the real file {} cannot be used", quoted(path))
        }
        Usage::NestedSandbox => f.write_str("cannot run `sandbox` inside `sandbox`"),
        Usage::UnknownUser { user, users } => {
            write!(f, "the sandbox has no user `{}`; its users are {}", name(user), users.join(", "))
        }
        Usage::NoName { .. } => f.write_str("no profile given; name one"),
        Usage::NoSuchProfile { profile, file, .. } => {
            write!(f, "there is no profile `{}` in {}", name(profile), quoted(file))
        }
        Usage::ForeignMode { mode, .. } => {
            write!(f, "only `OAuth` is supported; `{}` is for the official client", name(mode.as_str()))
        }
        Usage::WouldReplace { mode, profile } => write!(
            f,
            "the profile `{}` has the mode `{}`, and a sign-in would overwrite its keys",
            name(profile),
            name(mode.as_str())
        ),
        Usage::LeftAsItIs { profile } => write!(f, "the profile `{}` was not changed", name(profile)),
        Usage::SharedLogin { profile, other } => write!(
            f,
            "nothing was changed: the profile `{}` uses the login of `{}`, which would be revoked",
            name(other.as_str()),
            name(profile.as_str())
        ),
        Usage::NothingShown => f.write_str("nothing was shown"),
        Usage::NothingUnset => {
            f.write_str("`--unset` needs a format that a shell reads: --format env, fish, powershell or cmd")
        }
        Usage::NotExpanded { path } => write!(
            f,
            "the beginning of {} was not expanded by the shell: give the whole path, or begin it with ./ or ~/",
            quoted(path)
        ),
        Usage::NothingToSet => {
            f.write_str("nothing to set: give --region, --language, --oauth-site-type or --output-format")
        }
        Usage::SignedInElsewhere { profile, old, new } => write!(
            f,
            "the profile `{}` is signed in to {old}: its login cannot be used at {new}, so nothing was changed",
            name(profile)
        ),
        Usage::NotConfirmed { profile } => write!(
            f,
            "the profile `{}` was not changed: replacing it needs confirmation, and standard input is not a terminal",
            name(profile)
        ),
        Usage::OptionsMisplaced => {
            f.write_str("sign-in options cannot be combined with `switch`, `delete`, `list` or `restore`")
        }
        Usage::NotASignInPage => f.write_str("this is not the address of a sign-in page"),
        Usage::Unquotable(Unquotable(variable)) => {
            write!(f, "the value of {variable} contains characters that cannot be quoted for this shell")
        }
        Usage::NoHome => f.write_str("no home folder was found to keep profiles in"),
        Usage::NoDataFolder => f.write_str("no folder for application data was found"),
    }
}

pub(super) fn credentials(error: &Error, f: &mut String) -> Result {
    match error {
        Error::Store(error) => store(error, f),
        Error::NoProfile { profile, .. } => write!(f, "there is no profile `{}`", name(profile)),
        Error::Mode { profile, mode } => write!(
            f,
            "the profile `{}` has the mode `{}`, whose credentials only the official tools can obtain",
            name(profile),
            name(mode.as_str())
        ),
        Error::Incomplete { profile, field } => {
            write!(f, "the profile `{}` has no usable `{}`", name(profile), field.key())
        }
        Error::SignIn { profile, reason: SignInReason::ResponseLost(error), .. } => {
            write!(f, "no answer to the request that used the refresh token of `{}`: ", name(profile))?;
            reply(error, f)
        }
        Error::SignIn { profile, reason, .. } => {
            write!(f, "the profile `{}` needs a new sign-in: ", name(profile))?;
            match reason {
                SignInReason::SiteUnknown => f.write_str("its sign-in site is unknown"),
                SignInReason::NoRefreshToken => f.write_str("it has no refresh token"),
                SignInReason::Refused(error) | SignInReason::ResponseLost(error) => reply(error, f),
            }
        }
        Error::Refresh(error) => {
            f.write_str("could not refresh the access token: ")?;
            reply(error, f)
        }
        Error::Exchange(error) => {
            f.write_str("could not exchange the access token for STS credentials: ")?;
            reply(error, f)
        }
        Error::TooShort { wanted, got } => {
            write!(f, "`--min-ttl {}` cannot be met: new credentials last {}", span(*wanted), span(*got))
        }
        Error::Lost(error @ StoreError::Stranded { .. }) => store(error, f),
        Error::Lost(error) => {
            f.write_str("the new tokens could not be saved, and the old ones no longer work: ")?;
            store(error, f)
        }
        Error::Interrupted => f.write_str("interrupted; nothing was lost"),
    }
}

fn login(error: &login::Error, f: &mut String) -> Result {
    match error {
        login::Error::Ports(error) => ports(error, f),
        login::Error::NoEntropy(_) => no_entropy(f),
        login::Error::Listen(error) => write!(f, "could not listen for the callback: {error}"),
        login::Error::Show(error) => write!(f, "could not show the address of the sign-in page: {error}"),
        login::Error::Refused { error, description } => {
            write!(f, "the sign-in was refused in the browser: `{}`", name(error.as_str()))?;
            description.as_ref().map_or(Ok(()), |words| write!(f, ", {}", name(words)))
        }
        login::Error::TimedOut(waited) => write!(f, "nobody signed in within {}", span(*waited)),
        login::Error::Interrupted => f.write_str("interrupted; nothing was changed"),
        login::Error::Redeem(error) => {
            f.write_str("could not exchange the authorization code for tokens: ")?;
            reply(error, f)
        }
        login::Error::Store(error) => store(error, f),
    }
}

pub(super) fn ports(error: &PortsUnavailable, f: &mut String) -> Result {
    f.write_str("cannot listen for the browser on 127.0.0.1")?;
    for (index, (port, error)) in error.tried().iter().enumerate() {
        let mark = if index == 0 { ": " } else { ", " };
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(f, "{mark}port {port} is in use by another program")?,
            io::ErrorKind::PermissionDenied => write!(f, "{mark}the system does not allow port {port}")?,
            _ => write!(f, "{mark}port {port}: {error}")?,
        }
    }
    Ok(())
}

fn endpoint(error: &OpenError, f: &mut String) -> Result {
    match error {
        OpenError::Port { port, source } => write!(f, "could not listen on port {port} of 127.0.0.1: {source}"),
        OpenError::NoEntropy(_) => no_entropy(f),
        OpenError::Thread(error) => write!(f, "could not start the thread that renews credentials: {error}"),
    }
}

fn sandbox(error: &StartError, f: &mut String) -> Result {
    match error {
        StartError::Running { folder, .. } => write!(f, "another sandbox is using {}", quoted(folder)),
        StartError::Folder { folder, source } => {
            let folder = quoted(folder);
            match source {
                FolderError::NotADirectory => write!(f, "the sandbox's folder {folder} is not a directory"),
                FolderError::ForeignOwner => {
                    write!(f, "the sandbox's folder {folder} or its parent belongs to another user")
                }
                FolderError::WritableByOthers => {
                    write!(f, "other users can write to the sandbox's folder {folder} or to its parent")
                }
                FolderError::Io(error) => write!(f, "the sandbox could not use its folder {folder}: {error}"),
            }
        }
        StartError::Port { port, source } => {
            write!(f, "the sandbox could not listen on port {port} of 127.0.0.1: {source}")
        }
    }
}

pub(super) fn no_entropy(f: &mut String) -> Result {
    f.write_str("the random number generator of the operating system failed")
}
