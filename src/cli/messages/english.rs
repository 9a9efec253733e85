//! The sentences in English. Those of the conversation are the official client's, which guides and scripts know.

use std::ffi::OsStr;
use std::fmt;
use std::time::Duration;

use super::{Hint, Message, Warning};
use crate::cli::render::span;
use crate::config::{Note, Oddity};
use crate::text::{printable, shell_word};

const NAME: usize = 256;

/// A word for a command that people copy into a shell.
fn shell(word: impl AsRef<OsStr>) -> String {
    shell_word(word.as_ref())
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskLanguage { default } => write!(f, "Default Language [zh|en] {}: ", printable(default, NAME)),
            Self::AskRegion { default } => write!(f, "Default Region Id [{}]: ", printable(default, NAME)),
            Self::AskReplace => f.write_str("Replace it? Its long-lived key is overwritten [y/N]: "),
            Self::AskSite => f.write_str("OAuth Site Type (CN: 0 or INTL: 1, default: CN): "),
            Self::ChangingMode { profile, mode } => writeln!(
                f,
                "Warning: You are changing the authentication type of profile '{}' from '{}' to 'OAuth'",
                printable(profile, NAME),
                printable(mode.as_str(), NAME)
            ),
            Self::Configuring { profile } => {
                writeln!(f, "Configuring profile '{}' in 'OAuth' authenticate mode...", printable(profile, NAME))
            }
            Self::Deleted { profile } => {
                writeln!(f, "The profile `{}` and its tokens are removed.", printable(profile, NAME))
            }
            Self::Identity { identity, until } => {
                writeln!(f, "account   {}", identity.account_id)?;
                writeln!(f, "identity  {} ({})", identity.arn, identity.identity_type)?;
                until.map_or(Ok(()), |until| writeln!(f, "until     {until}"))
            }
            Self::Names { names: [] } => {
                f.write_str("there are no profiles yet; `aliyun-rs configure --mode OAuth --profile NAME` makes one")
            }
            Self::Names { names } => {
                let names = names.iter().map(|name| format!("`{}`", printable(name, NAME))).collect::<Vec<_>>();
                write!(f, "the profiles are {}", names.join(", "))
            }
            Self::NoBrowser => f.write_str("No browser is opened here: open the address yourself, on this machine.\n"),
            Self::NoSuchProfile { profile, file } => {
                write!(f, "there is no profile `{}` in `{}`", printable(profile, NAME), file.display())
            }
            Self::NotRevoked { reason } => writeln!(f, "The refresh token could not be revoked: {reason}"),
            Self::NotRevokedInRam => f.write_str(
                "The authorization of the app `official-cli` in RAM is not revoked; an administrator can do that in \
                 the RAM console.\n",
            ),
            Self::NothingToRevoke => f.write_str("The profile has no refresh token to revoke.\n"),
            Self::Open { url } => {
                writeln!(f, "Please open the following URL in your browser to authorize:\n{url}")
            }
            Self::OutputFormat => f.write_str("Default Output Format [json]: json (Only support json)\n"),
            Self::Played { user } => {
                writeln!(f, "No browser is used: the sandbox plays the browser of `{}`.", printable(user, NAME))
            }
            Self::Revoked => f.write_str("The refresh token is revoked.\n"),
            Self::SandboxRuns { variable, url } => {
                writeln!(f, "export {variable}={url}")
            }
            Self::SandboxShared { url } => {
                writeln!(f, "note: the sandbox that runs at {url} is used, with the options it was started with")
            }
            Self::Saved => f.write_str("Done.\n"),
            Self::Saving { profile } => write!(f, "Saving profile[{}] ...", printable(profile, NAME)),
            Self::Switched { profile } => {
                writeln!(f, "The default profile is `{}` now.", printable(profile, NAME))
            }
            Self::Welcome { identity, until, remaining } => write!(
                f,
                "\nConfigure Done!!!\nWelcome to Alibaba Cloud, account {}!\nYou are {}.\n\
                 The credentials live for {}, until {until}.\n",
                identity.account_id,
                identity.arn,
                span(*remaining)
            ),
        }
    }
}

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assign => f.write_str(
                "a RAM administrator may have to install the app `official-cli` in the account (RAM console, \
                 Integrations > OAuth (Preview) > Third-party Application) and assign this user or role to it",
            ),
            Self::BrokenFile { path } => write!(
                f,
                "repair it at that place, or move it away and sign in anew: mv {0} {0}.broken && aliyun-rs configure \
                 --mode OAuth --profile NAME",
                shell(path)
            ),
            Self::CaptivePortal => f.write_str(
                "something between this machine and Alibaba Cloud answered, such as the sign-in page of a hotel's \
                 network or a proxy; open any page in a browser, or set HTTPS_PROXY",
            ),
            Self::Certificate => f.write_str(
                "if a company's proxy inspects connections, put its authority into the system's store or name its \
                 file in SSL_CERT_FILE",
            ),
            Self::ConfigPath => f.write_str("set HOME, or name the file with `--config-path`"),
            Self::EmptyFile { path } => write!(
                f,
                "nothing is lost by removing it: rm {} && aliyun-rs configure --mode OAuth --profile NAME",
                shell(path)
            ),
            Self::Incomplete => f.write_str(
                "repair the profile, or sign in anew with `aliyun-rs configure --mode OAuth --profile NAME`",
            ),
            Self::Lost => f.write_str("make room or make the folder writable, then sign in again"),
            Self::Network => f.write_str("check the network, and HTTPS_PROXY and NO_PROXY if you need a proxy"),
            Self::OfficialConfigure { mode, profile } => {
                write!(f, "aliyun configure --mode {} --profile {}", shell(mode.as_str()), shell(profile))
            }
            Self::OfficialTools { profile } => write!(
                f,
                "use it with the official client (`aliyun --profile {}`), or name a profile of mode OAuth, AK or \
                 StsToken with `--profile`",
                shell(profile)
            ),
            Self::OptionsAfter => {
                f.write_str("put `--profile NAME` behind the command: `configure switch --profile NAME`")
            }
            Self::Ports => f.write_str(
                "the sign-in needs one of these ports; end the program that holds them (`ss -ltnp` or `netstat -ano` \
                 names it)",
            ),
            Self::ReplaceMode { mode, profile } => write!(
                f,
                "to replace it: aliyun-rs configure --mode OAuth --profile {name}; to keep its mode: aliyun configure \
                 --mode {} --profile {name}",
                shell(mode.as_str()),
                name = shell(profile)
            ),
            Self::RunningSandbox { variable, url: "" } => {
                write!(f, "end it, or set {variable} to the value it printed")
            }
            Self::RunningSandbox { variable, url } => write!(f, "use it: {variable}={url}"),
            Self::Sandbox => f.write_str("`aliyun-rs sandbox` prints the value to set"),
            Self::ShorterLife => f.write_str("ask for less with `--min-ttl`"),
            Self::SignIn => f.write_str("aliyun-rs configure --mode OAuth --profile NAME"),
            Self::SignInAgain => f.write_str("the authorization is used up or too old: run the same command again"),
            Self::SignInTo { profile, site } => {
                let site = site.map(|site| format!(" --oauth-site-type {site}")).unwrap_or_default();
                write!(f, "aliyun-rs configure --mode OAuth --profile {}{site}", shell(profile))
            }
            Self::Support => {
                f.write_str("this is not what Alibaba Cloud usually answers; try again, and report it if it stays")
            }
            Self::TimedOut => f.write_str(
                "run the command again; `--timeout 10m` waits longer. The browser has to run on this machine",
            ),
            Self::TryAgain => f.write_str("try again in a moment"),
        }
    }
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Browser(error) => write!(f, "no browser could be started ({error}): open the address yourself"),
            Self::Missed(error) => {
                let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
                write!(f, "the new credentials are kept, but not everywhere: {error}{cause}")
            }
            Self::Note(note) => note_words(note, f),
            Self::NotRenewed(why) => write!(f, "the credentials still serve, but could not be renewed: {why}"),
            Self::NotServed(why) => write!(f, "no new credentials to serve for now: {why}"),
            Self::Orphaned { profile, source } => write!(
                f,
                "the profile `{}` gets its credentials from `{}`, which is gone",
                printable(profile, NAME),
                printable(source, NAME)
            ),
            Self::PlayedBrowser { user, why } => write!(
                f,
                "the played browser of `{}` goes no further: {}; like a person's, it leaves the sign-in waiting until \
                 `--timeout` or Ctrl-C",
                printable(user, NAME),
                printable(why, NAME)
            ),
            Self::ProfileFromVariable { variable, profile } => {
                write!(f, "{variable} names the profile `{}`", printable(profile, NAME))
            }
            Self::Shadowed { variable, profile } => write!(
                f,
                "{variable} names the profile `{}`, which wins over the default profile in this shell",
                printable(profile, NAME)
            ),
            Self::Skew(skew) => {
                let seconds = skew.seconds();
                let direction = if seconds > 0 { "behind" } else { "ahead of" };
                let off = span(Duration::from_secs(seconds.unsigned_abs()));
                write!(
                    f,
                    "this machine's clock is {off} {direction} Alibaba Cloud's; expiry times are corrected for it"
                )
            }
        }
    }
}

fn note_words(note: &Note, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match note {
        Note::Exposed => f.write_str("the file can be read by other users; the next change puts an end to that"),
        Note::Tightened => f.write_str("the file could be read by other users; now only its owner can"),
        Note::HardLinked(names) => write!(f, "the file has {names} names (hard links); a change separates this one"),
        Note::JournalIgnored(why) => write!(f, "the record of rotated tokens is ignored: {why}"),
        Note::Odd(Oddity::ByteOrderMark) => {
            f.write_str("the file begins with a byte order mark, which the official tools cannot read")
        }
        Note::Odd(Oddity::DuplicateName(name)) => {
            write!(f, "there are several profiles `{}`; the first one counts", printable(name, NAME))
        }
        Note::Odd(Oddity::NotAProfile(place)) => write!(f, "an item of `profiles` is passed over: {place}"),
        Note::Odd(Oddity::CurrentIsNoText) => f.write_str("`current` is no text and is passed over"),
    }
}
