//! What to do about a failure, in English.

use std::fmt::{Result, Write as _};

use super::app;
use crate::cli::failure::{profile_option, sign_in_command};
use crate::cli::messages::Hint;
use crate::cli::messages::shown::name;
use crate::site::SANDBOX_VARIABLE;
use crate::text::shell_word;

/// Several hints, as one text.
pub(in crate::cli::messages) fn hints(hints: &[Hint<'_>], f: &mut String) -> Result {
    for (index, each) in hints.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { "; " })?;
        hint(each, f)?;
    }
    Ok(())
}

pub(in crate::cli::messages) fn hint(hint: &Hint<'_>, f: &mut String) -> Result {
    match hint {
        Hint::App(about) => app::hint(about, f),
        Hint::Assign => f.write_str(
            "a RAM administrator may have to install the app `official-cli` in the account (RAM console, Integrations \
             > OAuth (Preview) > Third-party Application) and assign this user or role to it",
        ),
        Hint::BrokenFile { remembered: true, .. } => f.write_str(
            "repair it there, or rename it and restore the logins from the journal next to it: aliyun-rs configure restore",
        ),
        Hint::BrokenFile { path, remembered: false } => {
            let path = shell_word(path.as_os_str());
            write!(f, "repair it there, or rename it and keep its intact profiles: aliyun-rs configure restore; {path} holds tokens")
        }
        Hint::CaptivePortal => f.write_str(
            "a captive portal or proxy answered instead of Alibaba Cloud; open any page in a browser, or set \
             HTTPS_PROXY",
        ),
        Hint::Certificate => f.write_str(
            "if a company proxy inspects connections, add its CA certificate to the system trust store, or name the \
             certificate file in SSL_CERT_FILE",
        ),
        Hint::Clock => f.write_str("check the date and time of this machine"),
        Hint::ConfigPath => f.write_str("to keep profiles in another file, set HOME or use `--config-path`"),
        Hint::EmptyFile { path, remembered } => {
            let path = shell_word(path.as_os_str());
            match remembered {
                true => f.write_str(
                    "the journal next to it still has its logins; restore them: aliyun-rs configure restore",
                ),
                false => write!(f, "remove it, then sign in: rm {path}"),
            }
        }
        Hint::FindOut => f.write_str("the login may be lost; run the same command again to find out"),
        Hint::ForeignToken => write!(
            f,
            "to use this profile, unset {SANDBOX_VARIABLE}; a sandbox needs profiles that were signed in to a sandbox"
        ),
        Hint::Incomplete { profile } => {
            write!(f, "repair the profile, or sign in again: {}", sign_in_command(profile, None))
        }
        Hint::KeyRefused => f.write_str("sign the profile in again, or check its AccessKey"),
        Hint::Lost => f.write_str("free disk space or make the folder writable, then sign in again"),
        Hint::Names { names: [] } => {
            f.write_str("there are no profiles yet; create one with `aliyun-rs configure --mode OAuth --profile NAME`")
        }
        Hint::Names { names } => {
            let names = names.iter().map(|profile| format!("`{}`", name(profile))).collect::<Vec<_>>();
            write!(f, "the profiles are {}", names.join(", "))
        }
        Hint::Network => f.write_str("check the network, and HTTPS_PROXY and NO_PROXY if you need a proxy"),
        Hint::NewerVersion => f.write_str("use the newest version of aliyun-rs on this machine"),
        Hint::OfficialConfigure { mode, profile } => {
            let mode = shell_word(mode.as_str().as_ref());
            write!(f, "use the official client: aliyun configure --mode {mode} {}", profile_option(profile))
        }
        Hint::OfficialTools { profile } => write!(
            f,
            "use it with the official client (`aliyun {}`), or name a profile of mode OAuth, AK or StsToken with \
             `--profile`",
            profile_option(profile)
        ),
        Hint::OptionsAfter => f.write_str("put `--profile NAME` after the command: `configure switch --profile NAME`"),
        Hint::Ownership => f.write_str("run as the owner of the file, or change its owner with chown"),
        Hint::PasteInstead => {
            f.write_str("sign in with `configure --no-browser`, and paste the address on which your browser ends")
        }
        Hint::Ports => f.write_str(
            "the sign-in needs one of these ports; stop the program that uses them (`ss -ltnp` or `netstat -ano` \
             shows it)",
        ),
        Hint::ReplaceMode { mode, profile } => {
            let (mode, option) = (shell_word(mode.as_str().as_ref()), profile_option(profile));
            write!(
                f,
                "to replace it: aliyun-rs configure --mode OAuth {option}; to keep its mode: aliyun configure --mode \
                 {mode} {option}"
            )
        }
        Hint::Retry => f.write_str("try again in a moment"),
        Hint::RunningSandbox { variable, url: "" } => write!(f, "stop it, or set {variable} to the value it printed"),
        Hint::RunningSandbox { variable, url } => write!(f, "to use it, set {variable}={url}"),
        Hint::Sandbox => f.write_str("`aliyun-rs sandbox` prints the value to use"),
        Hint::ShorterTtl => f.write_str("use a shorter `--min-ttl`"),
        Hint::SignIn => f.write_str("aliyun-rs configure --mode OAuth --profile NAME"),
        Hint::SignInAgain => {
            f.write_str("the authorization was already used or is too old: run the same command again")
        }
        Hint::SignInTo { profile, site } => f.write_str(&sign_in_command(profile, *site)),
        Hint::Stranded => {
            f.write_str("keep that file and make the folder writable; the next command then moves the file into place")
        }
        Hint::Support => {
            f.write_str("this is not what Alibaba Cloud usually answers; try again, and report it if it persists")
        }
        Hint::TimedOut => f.write_str(
            "run the command again, with `--timeout 10m` to wait longer; if the browser is on another machine, paste the \
             address on which it ends",
        ),
        Hint::UseExec => f.write_str("run programs with `aliyun-rs exec`, which keeps it away from them"),
        Hint::Yes => f.write_str("pass `--yes` to confirm"),
    }
}
