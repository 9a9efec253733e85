//! `aliyun-rs credentials`: valid credentials on standard output, and nothing else there.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::context::{Context, block_on};
use super::failure::{Code, Failure};
use super::messages::Warning;
use super::variables::variables;
use crate::config::Config;
use crate::credentials::freshness::LEAST_LIFE;
use crate::credentials::{Credentials, Notices, Standing, UriAnswer, Wanted, look, obtain};
use crate::secret::Secret;

/// Whose credentials, and how long they have to live.
#[derive(Args, Clone, Debug)]
pub(super) struct WantedArgs {
    /// The profile [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The life the credentials must have left, such as 15m [default: 3m]
    #[arg(long, value_name = "TIME", value_parser = read_life)]
    min_ttl: Option<Duration>,
}

/// How to show them.
#[derive(Args, Debug)]
pub(super) struct CredentialsArgs {
    #[command(flatten)]
    wanted: WantedArgs,
    /// For whom to write them
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
    Ok(context.host.streams.out(text.expose())?)
}

impl WantedArgs {
    /// Returns the credentials that are wanted, after showing on standard error what there is to say. Starts a
    /// runtime only if the file alone cannot answer.
    pub(super) fn obtain(self, context: &Context<'_>) -> Result<Credentials, Failure> {
        let snapshot = context.read()?;
        let wanted = self.resolve(context, &snapshot.config)?;
        match look(&snapshot.config, &wanted, context.host.clock.now())? {
            Standing::Ready(credentials) => Ok(credentials),
            _ => block_on(async {
                let mut interrupts = context.host.signals.hold().map_err(Failure::no_signals)?;
                let (credentials, notices) = obtain(context.host, &wanted, &mut interrupts).await?;
                show_notices(context, notices);
                Ok(credentials)
            }),
        }
    }

    /// Finds out which profile is meant.
    pub(super) fn resolve(self, context: &Context<'_>, config: &Config) -> Result<Wanted, Failure> {
        let profile = context.profile_name(self.profile, config.current())?;
        let (store, cloud) = (context.store.clone(), context.cloud.clone());
        Ok(Wanted { store, cloud, profile, least: self.min_ttl.unwrap_or(LEAST_LIFE) })
    }
}

pub(super) fn show_notices(context: &Context<'_>, notices: Notices) {
    for line in lines(notices) {
        context.host.streams.err(&line);
    }
}

/// What there is to say about the way to the credentials.
pub(super) fn lines(notices: Notices) -> Vec<String> {
    let mut lines: Vec<String> = notices.notes.iter().map(|note| Warning::Note(note).line()).collect();
    if notices.skew.seconds() != 0 {
        lines.push(Warning::Skew(notices.skew).line());
    }
    lines.extend(notices.missed.iter().map(|error| Warning::Missed(error).line()));
    let not_renewed = notices.not_renewed.map(|error| Failure::from(error).into_message());
    lines.extend(not_renewed.iter().map(|why| Warning::NotRenewed(why).line()));
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
        let message = format!("the value of {name} has characters that cannot be quoted for this shell");
        return Err(Failure::new(Code::File, message));
    }
    Ok(match format {
        Format::Fish => format!("set -gx {name} '{}';", value.replace('\\', r"\\").replace('\'', r"\'")),
        Format::Powershell => format!("$Env:{name} = '{}'", value.replace('\'', "''")),
        Format::Cmd => format!("set \"{name}={value}\""),
        Format::Dotenv => format!("{name}='{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        _ => format!("export {name}='{}'", value.replace('\'', r"'\''")),
    })
}

fn read_life(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a time such as 90s, 15m or 1h 30m".to_owned())
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
