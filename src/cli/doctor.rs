//! `aliyun-rs doctor`: what can keep a sign-in or a renewal from working, and the command that mends it.

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::failure::{Code, Failure, transport_hint};
use super::messages::{Hint, Message};
use super::options::{ListFormat, read_profile};
use super::ui::Ui;
use crate::config::ProfileName;
use crate::doctor::{Finding, Verdict, ask, look};
use crate::site::Cloud;

/// Look for what can keep a sign-in or a renewal from working
///
/// Changes nothing. Exits with 0, or with the code of the worst problem.
#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    /// Profile to look at [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, short, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// Ask nobody over the network
    #[arg(long)]
    offline: bool,
    /// Output format
    #[arg(long, short = 'o', alias = "output", value_enum, default_value_t)]
    format: ListFormat,
}

/// A finding, as it is printed.
#[derive(Serialize)]
struct Line {
    check: &'static str,
    #[serde(serialize_with = "verdict_name")]
    verdict: Verdict,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remedy: Vec<String>,
    #[serde(skip)]
    exit: Code,
}

pub(super) fn run(context: &Context<'_>, args: DoctorArgs) -> Result<(), Failure> {
    let (host, ui) = (context.host, context.ui);
    let current = context.logins.read().ok().and_then(|snapshot| snapshot.config.current().cloned());
    let (profile, _) = context.select(args.profile, current.as_ref())?;
    let mut findings = look(host, &context.provider(), &profile);
    if !args.offline {
        findings.extend(context.interruptible(async |interrupts| {
            tokio::select! {
                found = ask(host, &context.cloud) => Ok(found),
                () = interrupts.next() => Err(Failure::Quiet(Code::Interrupted)),
            }
        })?);
    }
    let lines: Vec<Line> = findings.into_iter().map(|finding| line(ui, &context.cloud, finding)).collect();
    match args.format {
        ListFormat::Json => ui.print_json(&lines, true)?,
        ListFormat::Table => ui.print_lines(lines.iter().map(|line| shown(ui, line)))?,
    }
    match worst(&lines) {
        Code::Done => Ok(()),
        code => Err(Failure::Quiet(code)),
    }
}

/// The exit code of the worst problem: what is broken here before what is broken elsewhere.
fn worst(lines: &[Line]) -> Code {
    const ORDER: [Code; 5] = [Code::File, Code::Usage, Code::SignIn, Code::Denied, Code::Temporary];
    ORDER.into_iter().find(|code| lines.iter().any(|line| line.exit == *code)).unwrap_or(Code::Done)
}

fn shown(ui: &Ui, line: &Line) -> String {
    let verdict = ui.text(&Message::Verdict(line.verdict));
    let remedies = line.remedy.iter().map(|remedy| format!("         {remedy}\n"));
    format!("{verdict}{}\n{}", line.message, remedies.collect::<String>())
}

/// Words a finding. One that is an error of another room is worded, and its hints chosen, as everywhere.
fn line(ui: &Ui, cloud: &Cloud, finding: Finding) -> Line {
    let (check, verdict) = (name(&finding), finding.verdict());
    let failure = match finding {
        Finding::FileUnusable(error) => Failure::store(error),
        Finding::ProfileUnusable(error) => error.into(),
        finding => {
            let remedy = remedy(&finding, cloud).map(|hint| ui.line(&hint)).into_iter().collect();
            let exit = if verdict == Verdict::Problem { exit(&finding) } else { Code::Done };
            let message = ui.line(&Message::Finding(&finding));
            return Line { check, verdict, message, remedy, exit };
        }
    };
    let report = failure.report();
    let message = report.message.map(|message| ui.line(&message)).unwrap_or_default();
    let remedy = report.hints.iter().map(|hint| ui.line(hint)).collect();
    let exit = if verdict == Verdict::Problem { report.exit.code() } else { Code::Done };
    Line { check, verdict, message, remedy, exit }
}

fn remedy<'a>(finding: &'a Finding, cloud: &Cloud) -> Option<Hint<'a>> {
    Some(match finding {
        Finding::PortsFree(free) if free.is_empty() => Hint::Ports,
        Finding::PortForbidden { .. } => Hint::PasteInstead,
        Finding::NoBrowser(_) => Hint::PasteInstead,
        Finding::CertificatesMissing { .. } => Hint::Certificate,
        Finding::Unreached(error) => transport_hint(&error.cause),
        Finding::Clock(skew) if skew.seconds() != 0 => Hint::Clock,
        Finding::DiskFull { .. } => Hint::ConfigPath,
        Finding::SignInNeeded { profile, site } => Hint::SignInTo { profile, site: *site },
        Finding::NoFile { .. } if !cloud.is_sandbox() => Hint::SignIn,
        Finding::VariableSet { .. } => Hint::UseExec,
        Finding::Leftover { .. } => Hint::UseExec,
        _ => return None,
    })
}

fn exit(finding: &Finding) -> Code {
    match finding {
        Finding::SignInNeeded { .. } => Code::SignIn,
        Finding::DiskFull { .. } | Finding::CertificatesMissing { .. } => Code::File,
        _ => Code::Temporary,
    }
}

fn verdict_name<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Problem => "problem",
    })
}

/// The stable name of what was looked at, for programs.
const fn name(finding: &Finding) -> &'static str {
    match finding {
        Finding::PortsFree(_) | Finding::PortTaken { .. } | Finding::PortForbidden { .. } => "ports",
        Finding::Browser | Finding::NoBrowser(_) => "browser",
        Finding::Proxy { .. } => "proxy",
        Finding::CertificatesMissing { .. } => "certificates",
        Finding::Reached { .. } | Finding::Unreached(_) => "network",
        Finding::Clock(_) => "clock",
        Finding::File { .. }
        | Finding::NoFile { .. }
        | Finding::FileUnusable(_)
        | Finding::FileOdd(_)
        | Finding::FileLocked { .. }
        | Finding::FileMounted { .. } => "file",
        Finding::DiskFull { .. } => "disk",
        Finding::Leftover { .. } => "leftovers",
        Finding::VariableSet { .. } => "variables",
        Finding::Profile { .. } | Finding::SignInNeeded { .. } | Finding::ProfileUnusable(_) => "profile",
    }
}
