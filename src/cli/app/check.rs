//! `aliyun-rs app check`: would a web application work, before anything is configured?

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::options::{read_callback, read_client_id, read_gitlab, read_scope};
use super::session::{Session, Talk, WhoArgs};
use crate::applications::check::{self, CheckInput, CheckReport, Judgement, Observation};
use crate::applications::gitlab::{GitLab, GitLabUser, SCOPES};
use crate::cli::context::Context;
use crate::cli::failure::{AppFailure, Code, Failure};
use crate::cli::messages::{AppHint, AppMessage, Hint, Message, pages};
use crate::cli::options::{ListFormat, read_timeout};
use crate::cli::ui::Ui;
use crate::oauth::confidential::ConfidentialClient;
use crate::openapi::Client;
use crate::secret::Secret;

pub(super) const ACTIONS: &[&str] = &["ListApplications", "GetApplication", "ListAppSecretIds"];

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// More than any secret is long.
const LONGEST_SECRET: u64 = 64 << 10;

/// Check a web application before anything is configured
///
/// Looks at the application, its callback and its secret; where a callback such as http://127.0.0.1:8088/cb is
/// registered, signs you in through it. Nothing is stored, and the tokens are revoked. Exits with 0 if nothing is a
/// problem.
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// Name or ID of an application of the account
    #[arg(value_name = "NAME", required_unless_present = "client_id", conflicts_with = "client_id")]
    name: Option<String>,
    /// ID of the application, of which the profile need not know
    #[arg(long, value_name = "ID", value_parser = read_client_id)]
    client_id: Option<String>,
    /// File with the secret [default: asked for without echo, or a line of standard input]
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Callback that has to work
    #[arg(long, value_name = "URL", value_parser = read_callback)]
    callback_url: Option<String>,
    /// Scope that has to be granted; repeatable
    #[arg(long, value_parser = read_scope)]
    scope: Vec<String>,
    /// Address of a GitLab, whose rules apply beside
    #[arg(long, value_name = "URL", value_parser = read_gitlab)]
    gitlab_url: Option<GitLab>,
    /// Ask the GitLab whether it offers the provider
    #[arg(long, requires = "gitlab_url")]
    online: bool,
    /// Sign nobody in
    #[arg(long)]
    no_sign_in: bool,
    /// Show the address without opening a browser
    #[arg(long)]
    no_browser: bool,
    /// How long to wait for the browser, such as 90s or 10m [default: 5m]
    #[arg(long, value_name = "TIME", value_parser = read_timeout)]
    timeout: Option<Duration>,
    /// Output format
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: ListFormat,
}

/// The answer for programs.
#[derive(Serialize)]
struct CheckAnswer {
    client_id: String,
    findings: Vec<Line>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gitlab: Vec<Row>,
}

/// One observation.
#[derive(Serialize)]
struct Line {
    check: &'static str,
    verdict: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// What somebody will be in GitLab. Without somebody who signed in, the values are names of claims.
#[derive(Serialize)]
struct Row {
    identity: &'static str,
    extern_uid_2: Option<String>,
    extern_uid_3: String,
    name: Option<String>,
    username: Option<String>,
    email: Option<String>,
    made_up_email: Option<String>,
}

pub(super) fn run(context: &Context<'_>, who: &WhoArgs, args: &CheckArgs) -> Result<(), Failure> {
    let session = match Session::open(context, who) {
        Ok(session) => session,
        // An id alone can be checked without an account.
        Err(_) if args.client_id.is_some() => Session::without_credentials(context, who),
        Err(failure) => return Err(failure),
    };
    let (id, report) = session.talk(async |talk| {
        let api = session.has_credentials().then(|| talk.client.clone());
        let id = match (&args.client_id, &args.name) {
            (Some(id), _) => id.clone(),
            (None, name) => talk.look_up(name.as_deref().unwrap_or_default()).await?.id,
        };
        let secret = args.secret(talk).await?;
        let report = args.look(context, talk, &id, api.as_ref(), secret.as_ref()).await?;
        Ok((id, report))
    })?;
    show(context.ui, args, id, &report)?;
    if report.has_problem() { Err(Failure::Quiet(Code::Denied)) } else { Ok(()) }
}

impl CheckArgs {
    /// The secret as it was given, with whatever blanks are around it.
    async fn secret(&self, talk: &mut Talk<'_>) -> Result<Option<Secret>, Failure> {
        let Some(path) = &self.client_secret_file else { return talk.hidden(AppMessage::AskSecret).await };
        let unreadable = |error| AppFailure::SecretUnreadable { path: path.clone(), error }.into();
        match fs::metadata(path) {
            Ok(found) if found.len() > LONGEST_SECRET => Err(unreadable(std::io::ErrorKind::FileTooLarge.into())),
            Ok(_) => {
                let text = fs::read_to_string(path).map_err(unreadable)?;
                let line = text.strip_suffix('\n').unwrap_or(&text);
                Ok(Some(Secret::new(line.strip_suffix('\r').unwrap_or(line))))
            }
            Err(error) => Err(unreadable(error)),
        }
    }

    async fn look(
        &self,
        context: &Context<'_>,
        talk: &mut Talk<'_>,
        id: &str,
        api: Option<&Client<'_>>,
        secret: Option<&Secret>,
    ) -> Result<CheckReport, Failure> {
        let mut scopes = self.scope.clone();
        scopes.extend(self.gitlab_url.iter().flat_map(|_| SCOPES.map(str::to_owned)));
        let input = CheckInput {
            client: ConfidentialClient { http: &*context.host.http, cloud: &context.cloud, site: talk.site, id },
            api,
            secret,
            callback: self.callback_url.as_deref(),
            scopes: &scopes,
            gitlab: self.gitlab_url.as_ref(),
            asks_gitlab: self.online,
            timeout: (!self.no_sign_in).then(|| self.timeout.unwrap_or(DEFAULT_TIMEOUT)),
            opens_browser: !self.no_browser,
            wording: pages::wording,
        };
        let ui = talk.ui;
        let mut announce = |url: &str, reason| {
            ui.note(&Message::Open { url });
            if let Some(reason) = reason {
                ui.note(&Message::NoBrowser { reason, tunnel: None, pastes: false });
            }
        };
        talk.hear(check::check(context.host, &input, &mut announce)).await
    }
}

fn show(ui: &Ui, args: &CheckArgs, client_id: String, report: &CheckReport) -> Result<(), Failure> {
    let findings: Vec<Line> = report.observations.iter().map(|seen| line(ui, seen)).collect();
    let gitlab = if args.gitlab_url.is_some() { rows(report) } else { Vec::new() };
    match args.format {
        ListFormat::Json => ui.print_json(&CheckAnswer { client_id, findings, gitlab }, true),
        ListFormat::Table => {
            ui.print_lines(report.observations.iter().zip(&findings).map(|(seen, line)| shown(ui, seen, line)))?;
            gitlab.iter().try_for_each(|row| {
                ui.print_message(&Message::App(AppMessage::Predicted { identity: row.identity, user: &row.user() }))
            })
        }
    }
}

fn line(ui: &Ui, seen: &Observation) -> Line {
    let remedy = ui.line(&Hint::App(AppHint::Remedy(seen)));
    Line {
        check: super::options::subject_name(seen.subject()),
        verdict: match seen.judgement() {
            Judgement::Ok => "ok",
            Judgement::Inconclusive => "inconclusive",
            Judgement::Problem => "problem",
        },
        message: ui.line(&Message::App(AppMessage::Observation(seen))),
        remedy: Some(remedy).filter(|remedy| !remedy.is_empty()),
    }
}

fn shown(ui: &Ui, seen: &Observation, line: &Line) -> String {
    let judgement = ui.text(&Message::App(AppMessage::Judgement(seen.judgement())));
    let remedy = line.remedy.iter().map(|remedy| format!("              {remedy}\n"));
    format!("{judgement}{}\n{}", line.message, remedy.collect::<String>())
}

/// Who signed in; without that, every kind of identity.
fn rows(report: &CheckReport) -> Vec<Row> {
    match &report.who {
        Some(who) => {
            let identity = match who.kind.as_deref() {
                Some("account") => "account",
                Some("role") => "role",
                _ => "user",
            };
            vec![Row::of(identity, GitLabUser::of(who))]
        }
        None => GitLabUser::of_each_kind(&report.scopes).into_iter().map(|(kind, user)| Row::of(kind, user)).collect(),
    }
}

impl Row {
    fn of(identity: &'static str, user: GitLabUser) -> Self {
        let GitLabUser { uid, sub, name, username, email, made_up_email } = user;
        Self { identity, extern_uid_2: uid, extern_uid_3: sub, name, username, email, made_up_email }
    }

    fn user(&self) -> GitLabUser {
        GitLabUser {
            uid: self.extern_uid_2.clone(),
            sub: self.extern_uid_3.clone(),
            name: self.name.clone(),
            username: self.username.clone(),
            email: self.email.clone(),
            made_up_email: self.made_up_email.clone(),
        }
    }
}
