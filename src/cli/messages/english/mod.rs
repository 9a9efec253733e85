//! The sentences in English. Those of the conversation are the official client's, which guides and scripts know.

mod app;
mod doctor;
mod failure;
mod faults;
mod file;
mod hint;
mod label;
mod network;
mod pages;
mod sign_in;
mod status;
mod warning;

use std::fmt::{Result, Write as _};

use super::shown::{name, quoted};
use super::{Message, Problem};
use crate::cli::render::span;
use crate::credentials::freshness::Reason;
use crate::doctor::Verdict;

pub(super) use hint::{hint, hints};
pub(super) use label::{label, prefix};
pub(super) use pages::page;
pub(super) use warning::warning;

pub(super) fn message(message: &Message<'_>, f: &mut String) -> Result {
    match message {
        Message::App(about) => app::message(about, f),
        Message::AskCallback { left: None } => f.write_str("Callback URL: "),
        Message::AskCallback { left: Some(left) } => write!(f, "({} left) Callback URL: ", span(*left)),
        Message::AskLanguage { default } => write!(f, "Default Language [zh|en] {}: ", name(default)),
        Message::AskRegion { default } => write!(f, "Default Region Id [{}]: ", name(default)),
        Message::AskReplace => f.write_str("Replace it? Its long-lived key is overwritten [y/N]: "),
        Message::AskShowSecrets { profile } => {
            write!(f, "Show the secrets of the profile `{}` on this terminal? [y/N]: ", name(profile))
        }
        Message::AskSite => f.write_str("OAuth Site Type (CN: 0 or INTL: 1, default: CN): "),
        Message::Changed { profile } => writeln!(f, "The profile `{}` was changed.", name(profile)),
        Message::ChangingMode { profile, mode } => writeln!(
            f,
            "Warning: You are changing the authentication type of profile '{}' from '{}' to 'OAuth'",
            name(profile),
            name(mode.as_str())
        ),
        Message::CredentialsLiveOn { left } => {
            writeln!(f, "Its STS credentials cannot be revoked: whoever has them can use them for {}.", span(*left))
        }
        Message::Configuring { profile } => {
            writeln!(f, "Configuring profile '{}' in 'OAuth' authenticate mode...", name(profile))
        }
        Message::Deleted { profile } => writeln!(f, "The profile `{}` and its tokens were deleted.", name(profile)),
        Message::Ensured { profile, span: needed } => {
            writeln!(f, "The session of the profile `{}` lasts {} or longer.", name(profile), span(*needed))
        }
        Message::ExitCodes => f.write_str(EXIT_CODES),
        Message::Finding(finding) => doctor::finding(finding, f),
        Message::FaultHelp => f.write_str(&faults::help()),
        Message::Failed(failed) => failure::failure(failed, f),
        Message::Refused(refused) => failure::refused(refused, f),
        Message::Identity { identity, until } => {
            writeln!(f, "account   {}", identity.account_id)?;
            writeln!(f, "identity  {} ({})", identity.arn, identity.identity_type)?;
            until.map_or(Ok(()), |until| writeln!(f, "until     {until}"))
        }
        Message::ManualWritten { folder } => writeln!(f, "Wrote the manual pages to {}.", quoted(folder)),
        Message::NoBrowser { reason, tunnel, pastes } => sign_in::no_browser(*reason, *tunnel, *pastes, f),
        Message::NoProfiles => {
            f.write_str("There are no profiles yet; to sign in: aliyun-rs configure --mode OAuth --profile NAME\n")
        }
        Message::NotRevoked { reason } => {
            f.write_str("The refresh token could not be revoked: ")?;
            failure::failure(reason, f)?;
            f.write_str("\n")
        }
        Message::NotRevokedInRam => f.write_str(
            "The app `official-cli` is still authorized in RAM; an administrator can revoke that in the RAM console.\n",
        ),
        Message::NothingToRestore => f.write_str("There is no login to restore.\n"),
        Message::NothingToRevoke => f.write_str("The profile has no refresh token to revoke.\n"),
        Message::Open { url } => writeln!(f, "Please open the following URL in your browser to authorize:\n{url}"),
        Message::OutputFormat => f.write_str("Default Output Format [json]: json (Only support json)\n"),
        Message::Played { user } => writeln!(f, "The sandbox signs in as `{}` for you.", name(user)),
        Message::Profile => f.write_str("Profile"),
        Message::ProfileFromVariable { variable, profile } => {
            writeln!(f, "{variable} selects the profile `{}`", name(profile))
        }
        Message::Renewing { profile, reason } => {
            write!(f, "renewing the credentials of `{}`: ", name(profile))?;
            f.write_str(match reason {
                Reason::Missing => "there are no credentials yet\n",
                Reason::UnknownEnd => "the file does not say when they expire\n",
                Reason::Over => "they have expired\n",
                Reason::Refused => "a service refused them\n",
                Reason::Implausible => "their expiry is too far in the future to be true\n",
                Reason::Ending(left) => return writeln!(f, "they expire in {}", span(*left)),
            })
        }
        Message::Restored { profile } => writeln!(f, "The login of the profile `{}` was restored.", name(profile)),
        Message::Revoked => f.write_str("The refresh token was revoked.\n"),
        Message::SandboxRuns { variable, url } => writeln!(f, "export {variable}={url}"),
        Message::SandboxShared { url } => {
            writeln!(f, "note: using the sandbox that is running at {url}, with the options it was started with")
        }
        Message::SetAside { path } => writeln!(
            f,
            "The broken file is now {}. It still holds tokens: delete it when you do not need it any more.",
            quoted(path)
        ),
        Message::Saved => f.write_str("Done.\n"),
        Message::Saving { profile } => write!(f, "Saving profile[{}] ...", name(profile)),
        Message::SignedInWithoutCredentials { profile } => writeln!(
            f,
            "The profile `{}` is signed in and saved, but there are no credentials yet; the next command obtains them.",
            name(profile)
        ),
        Message::StillWaiting => f.write_str(sign_in::STILL_WAITING),
        Message::StillSignedIn { profile } => {
            writeln!(f, "The profile `{}` is signed in and saved; run `configure` again to change it.", name(profile))
        }
        Message::Status(status) => status::status(status, f),
        Message::Switched { profile } => writeln!(f, "The current profile is now `{}`.", name(profile)),
        Message::TimeLeft { left } => write!(f, "Waiting for the browser, {} left", span(*left)),
        Message::Verdict(verdict) => f.write_str(match verdict {
            Verdict::Ok => "ok       ",
            Verdict::Warning => "warning  ",
            Verdict::Problem => "problem  ",
        }),
        Message::Welcome { identity, until, remaining } => write!(
            f,
            "\nConfigure Done!!!\nWelcome to Alibaba Cloud, account {}!\nYou are {}.\n\
             The credentials expire in {} ({until}) and renew themselves.\n",
            identity.account_id,
            identity.arn,
            span(*remaining)
        ),
    }
}

pub(super) fn problem(problem: &Problem, f: &mut String) -> Result {
    f.write_str(match problem {
        Problem::ClientId => "a client ID has only letters, digits, dots, hyphens and underscores",
        Problem::AppName => "a name has at most 64 characters: letters, digits, dots, hyphens and underscores",
        Problem::DisplayName => "a display name has 1 to 24 characters and is not blank",
        Problem::CallbackUrl => {
            "a callback is a whole URL without blanks, semicolons and fragment, such as https://example.com/callback"
        }
        Problem::Scope => "a scope has no blanks, quotes, backslashes and semicolons",
        Problem::GitLabUrl => {
            "this is not the address of a GitLab; write it as in `external_url`, such as https://gitlab.example.com"
        }
        Problem::Duration => "a duration is a number of seconds, or numbers with units such as 90s, 15m or 1h 30m",
        Problem::Timeout => {
            "a time limit is a number of seconds, or numbers with units such as 90s, 5m or 1h 30m, at most 24h"
        }
        Problem::Fault => "a fault is ENDPOINT=FAULT or ENDPOINT=FAULTxTIMES; `sandbox --help` lists them",
        Problem::Key => {
            "unknown setting; the keys are those of config.json, such as mode, region_id or oauth_site_type"
        }
        Problem::Language => "the language is zh or en",
        Problem::Mode => "unknown mode; only OAuth is supported",
        Problem::ProfileName => "a profile name has 1 to 256 bytes, is not blank, and has no control characters",
        Problem::Paste(error) => return sign_in::paste(*error, f),
        Problem::Region => "a region ID has only letters, digits and hyphens, such as cn-hangzhou",
        Problem::Site => "the OAuth site type is CN (or 0) or INTL (or 1)",
        Problem::YesNo => "please answer yes or no",
        Problem::TooLong => "the answer is longer than 64 KiB",
        Problem::NotText => "the answer is not valid UTF-8 text",
    })
}

/// The table in `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0    success
  1    internal error
  2    usage error: command line or answer to a prompt
  3    sign-in needed
  4    denied
  5    temporary: network, service, timeout, ports
  6    local file error
  125  exec: no credentials for the command; the error says why
  126  exec: the command could not be run
  127  exec: command not found
  130  interrupted";
