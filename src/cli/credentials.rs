//! `aliyun-rs credentials`: valid credentials on standard output, and nothing else there.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::context::Context;
use super::failure::{Failure, Usage};
use super::messages::{Message, Warning};
use super::options::{read_duration, read_profile};
use super::ui::Ui;
use super::variables::variables;
use crate::config::{Config, ProfileName};
use crate::credentials::{Credentials, Notices, Standing, UriAnswer, Wanted};
use crate::secret::Secret;
use crate::time::Skew;

// Whose credentials. (A doc comment would take the place of the command's own help.)
#[derive(Args, Clone, Debug)]
pub(super) struct WantedArgs {
    /// Profile to use [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// Minimum remaining lifetime, such as 15m [default: 3m]
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    min_ttl: Option<Duration>,
}

/// Print valid credentials for a program or a shell
#[derive(Args, Debug)]
pub(super) struct CredentialsArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What `process_command` of the official client and SDKs reads
    Json,
    /// What a credentials URI answers
    Uri,
    /// bash, zsh and other POSIX shells: eval "$(aliyun-rs credentials --format env)"
    Env,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// cmd.exe
    Cmd,
    /// A .env file
    Dotenv,
}

pub(super) fn run(context: &Context<'_>, args: CredentialsArgs) -> Result<(), Failure> {
    let credentials = args.wanted.obtain(context)?;
    let text = written(&credentials, args.format)?;
    context.ui.print(text.expose())
}

impl WantedArgs {
    /// Returns the credentials that are wanted, after showing on standard error what there is to say.
    pub(super) fn obtain(self, context: &Context<'_>) -> Result<Credentials, Failure> {
        self.obtain_with_skew(context).map(|(credentials, _)| credentials)
    }

    /// As [`WantedArgs::obtain`], with the clock's error where a server has just told it. Starts a runtime only if the
    /// file alone cannot answer.
    pub(super) fn obtain_with_skew(self, context: &Context<'_>) -> Result<(Credentials, Skew), Failure> {
        let snapshot = context.read()?;
        let wanted = self.resolve(context, &snapshot.config)?;
        let provider = context.provider();
        let standing = match provider.cached(&snapshot.config, &wanted)? {
            Standing::Ready(credentials) => return Ok((credentials, Skew::default())),
            standing => standing,
        };
        if let Standing::Due(_, reason) | Standing::Expired(_, reason) = standing {
            context.ui.detail(&Message::Renewing { profile: wanted.profile.as_str(), reason });
        }
        context.interruptible(async |interrupts| {
            let (credentials, notices) = provider.renew(&wanted, standing, interrupts).await?;
            let skew = notices.skew;
            for line in warnings(context.ui, notices) {
                context.ui.raw_error(&line);
            }
            Ok((credentials, skew))
        })
    }

    /// Finds out which profile is meant.
    pub(super) fn resolve(self, context: &Context<'_>, config: &Config) -> Result<Wanted, Failure> {
        let profile = context.profile_name(self.profile, config.current())?;
        Ok(Wanted { profile, min_ttl: self.min_ttl })
    }
}

/// The lines about what happened on the way to the credentials.
pub(super) fn warnings(ui: &Ui, notices: Notices) -> Vec<String> {
    let mut lines: Vec<String> = notices.notes.iter().map(|note| ui.warning(&Warning::Note(note))).collect();
    if notices.skew.seconds() != 0 {
        lines.push(ui.warning(&Warning::Skew(notices.skew)));
    }
    lines.extend(notices.missed.iter().map(|error| ui.warning(&Warning::Missed(error))));
    lines.extend(notices.not_renewed.map(|error| ui.warning(&Warning::NotRenewed(&Failure::Credentials(error)))));
    lines
}

/// The form of `process_command`, mode `External`: keys as in a profile.
#[derive(Serialize)]
struct ProcessOutput<'a> {
    mode: &'static str,
    access_key_id: &'a str,
    access_key_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region_id: Option<&'a str>,
}

fn written(credentials: &Credentials, format: Format) -> Result<Secret, Failure> {
    match format {
        Format::Json => Ok(json(&process_output(credentials))),
        Format::Uri => Ok(json(&UriAnswer::from(credentials))),
        _ => {
            let mut lines = String::new();
            for (name, value) in variables(credentials) {
                lines.push_str(&assignment(name, value.expose(), format)?);
                lines.push('\n');
            }
            Ok(Secret::new(lines))
        }
    }
}

fn process_output(credentials: &Credentials) -> ProcessOutput<'_> {
    let token = credentials.security_token.as_ref();
    ProcessOutput {
        mode: if token.is_some() { "StsToken" } else { "AK" },
        access_key_id: &credentials.access_key_id,
        access_key_secret: credentials.access_key_secret.expose(),
        sts_token: token.map(Secret::expose),
        expiration: credentials.expiration.map(|end| end.to_string()),
        region_id: credentials.region_id.as_deref(),
    }
}

fn json(value: &impl Serialize) -> Secret {
    let text = serde_json::to_string(value).expect("texts are JSON");
    Secret::new(text + "\n")
}

/// Sets one variable in the shell that `format` is for, quoted so that nothing in the value is obeyed.
fn assignment(name: &str, value: &str, format: Format) -> Result<String, Failure> {
    let unfit = value.contains(['\n', '\r', '\0']) || (format == Format::Cmd && value.contains(['"', '%', '!', '^']));
    if unfit {
        return Err(Usage::Unquotable { variable: name.to_owned() }.into());
    }
    Ok(match format {
        Format::Fish => format!("set -gx {name} '{}';", value.replace('\\', r"\\").replace('\'', r"\'")),
        Format::Powershell => format!("$Env:{name} = '{}'", value.replace('\'', "''")),
        Format::Cmd => format!("set \"{name}={value}\""),
        Format::Dotenv => format!("{name}='{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        _ => format!("export {name}='{}'", value.replace('\'', r"'\''")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shell_obeys_what_is_in_a_value() {
        let value = r"a'b\c$(d)";
        let assigned = |format| assignment("N", value, format).unwrap();
        assert_eq!(assigned(Format::Env), r"export N='a'\''b\c$(d)'");
        assert_eq!(assigned(Format::Fish), r"set -gx N 'a\'b\\c$(d)';");
        assert_eq!(assigned(Format::Powershell), r"$Env:N = 'a''b\c$(d)'");
        assert_eq!(assigned(Format::Cmd), r#"set "N=a'b\c$(d)""#);
        assert!(assignment("N", "a%PATH%", Format::Cmd).is_err());
        assert!(assignment("N", "a\nb", Format::Env).is_err());
    }
}
