//! `aliyun-rs app create`: an application of the own account, for a GitLab or anything else.

use clap::{Args, ValueEnum};

use super::options::{read_app_name, read_callback, read_display_name, read_gitlab, read_scope};
use super::secret::SecretArgs;
use super::session::{ChangeArgs, Session, Talk};
use crate::applications::gitlab::{self, GitLab};
use crate::applications::own;
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message, Warning};
use crate::openapi::ims::{self, ApplicationType, NewApplication};

pub(super) const ACTIONS: &[&str] = &["ListApplications", "GetApplication", "CreateApplication", "CreateAppSecret"];
/// Stands for the id that the first call brings.
const NEW_ID: &str = "<AppId>";

/// Create an application of your own, such as for GitLab
///
/// With `--gitlab-url`: a web application as GitLab's `alicloud` provider needs it, and the configuration for the
/// GitLab server. A secret is created, too, unless the application is native.
#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// Name: at most 64 letters, digits, dots, hyphens and underscores
    #[arg(value_name = "NAME", value_parser = read_app_name)]
    preset: String,
    /// Another name, where NAME is `gitlab`
    #[arg(long, value_parser = read_app_name, requires = "gitlab_url")]
    name: Option<String>,
    /// Name that users see, at most 24 characters [default: the name]
    #[arg(long, value_name = "TEXT", value_parser = read_display_name)]
    display_name: Option<String>,
    /// Address of the GitLab, as in its `external_url`
    #[arg(long, value_name = "URL", value_parser = read_gitlab, conflicts_with_all = ["kind", "callback_url", "scope"])]
    gitlab_url: Option<GitLab>,
    /// Type of the application
    #[arg(long = "type", value_enum, required_unless_present = "gitlab_url")]
    kind: Option<TypeArg>,
    /// Where it may be called back; repeatable
    #[arg(long, value_name = "URL", value_parser = read_callback)]
    callback_url: Vec<String>,
    /// What it may ask for, such as aliuid or profile; repeatable
    #[arg(long, value_parser = read_scope)]
    scope: Vec<String>,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypeArg {
    /// Runs on a server and has a secret
    Web,
    /// Runs on the user's machine
    Native,
    /// Signs nobody in
    Server,
}

impl CreateArgs {
    fn wanted(&self) -> Result<NewApplication, Failure> {
        let name = self.name.as_ref().unwrap_or(&self.preset);
        let display_name = match (&self.display_name, &self.gitlab_url) {
            (Some(display_name), _) => display_name.clone(),
            (None, Some(_)) => "GitLab".to_owned(),
            (None, None) => read_display_name(name).map_err(|_| AppFailure::DisplayNameNeeded)?,
        };
        if let Some(gitlab) = &self.gitlab_url {
            return Ok(gitlab.application(name, &display_name));
        }
        let kind = match self.kind {
            Some(TypeArg::Native) => ApplicationType::Native,
            Some(TypeArg::Server) => ApplicationType::Server,
            Some(TypeArg::Web) | None => ApplicationType::Web,
        };
        let is_web_address = |uri: &&String| uri.starts_with("https://") || uri.starts_with("http://");
        if kind == ApplicationType::Web
            && let Some(uri) = self.callback_url.iter().find(|uri| !is_web_address(uri))
        {
            return Err(AppFailure::NotAWebAddress { uri: uri.clone() }.into());
        }
        let (redirect_uris, scopes) = (self.callback_url.clone(), self.scope.clone());
        Ok(NewApplication { name: name.clone(), display_name, kind, redirect_uris, scopes })
    }
}

pub(super) fn run(session: &Session<'_>, args: &CreateArgs) -> Result<(), Failure> {
    let wanted = args.wanted()?;
    if args.gitlab_url.as_ref().is_some_and(GitLab::is_plain_http) {
        session.ui().warn(&Warning::PlainHttp);
    }
    session.talk(async |talk| create(talk, args, &wanted).await)
}

async fn create(talk: &mut Talk<'_>, args: &CreateArgs, wanted: &NewApplication) -> Result<(), Failure> {
    let (client, place) = (talk.client.clone(), ConsolePage::Own(talk.site));
    refuse_existing(talk, wanted, args.gitlab_url.as_ref()).await?;
    let has_secret = wanted.kind != ApplicationType::Native;
    let secret = has_secret.then(|| args.secret.place(talk, args.change)).transpose()?;
    let action = ims::create_application(wanted);
    let mut actions = vec![action.clone()];
    actions.extend(has_secret.then(|| ims::create_secret(NEW_ID)));
    if !talk.agree(args.change, AppMessage::WillCreate { new: wanted }, &actions).await? {
        return Ok(());
    }
    let secret = match secret {
        Some(place) => Some(place.prepare(talk).await?),
        None => None,
    };
    let application = talk.wait(place, ims::make_application(&client, &action)).await?;
    talk.ui.print_message(&Message::App(AppMessage::Created { application: &application }))?;
    let filled = match secret {
        Some(secret) => secret.fill(talk, &application).await,
        None => Ok(()),
    };
    if args.gitlab_url.is_some() {
        let omnibus = gitlab::omnibus(&application.id, client.cloud, talk.site);
        let source = gitlab::source(&application.id, client.cloud, talk.site);
        talk.ui.print_message(&Message::App(AppMessage::Configuration { omnibus: &omnibus, source: &source }))?;
    }
    filled
}

/// Says in what an application of the same name differs, instead of creating a second one.
async fn refuse_existing(talk: &mut Talk<'_>, wanted: &NewApplication, gitlab: Option<&GitLab>) -> Result<(), Failure> {
    let (client, place) = (talk.client.clone(), ConsolePage::Own(talk.site));
    let all = talk.wait(place, ims::applications(&client)).await?;
    let Some(same) = all.into_iter().find(|application| application.name == wanted.name) else { return Ok(()) };
    let existing = talk.wait(place, ims::application(&client, &same.id)).await?.unwrap_or(same);
    let differences = own::differences(&existing, wanted);
    let gitlab = gitlab.map(|gitlab| gitlab.as_str().to_owned());
    Err(AppFailure::Exists { id: existing.id, wanted: wanted.clone(), gitlab, differences }.into())
}
