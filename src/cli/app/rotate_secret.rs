//! `aliyun-rs app rotate-secret`: a second secret first, the old one dropped when nothing uses it any more.

use clap::Args;

use super::secret::SecretArgs;
use super::session::{ChangeArgs, Session, Talk};
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::openapi::ims::{self, AppSecret, Application};

pub(super) const ACTIONS: &[&str] =
    &["ListApplications", "GetApplication", "ListAppSecretIds", "CreateAppSecret", "DeleteAppSecret"];

/// The service keeps no more.
const MOST_SECRETS: usize = 2;

/// Create a second secret, and drop the old one later
///
/// Both are valid until the old one is dropped with `--drop ID`: give the new one to the application in between.
#[derive(Args, Debug)]
pub(super) struct RotateSecretArgs {
    /// Name or ID of the application
    #[arg(value_name = "NAME")]
    name: String,
    /// Drop the secret with this ID instead of creating one
    #[arg(long, value_name = "ID", conflicts_with = "secret_file")]
    drop: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(session: &Session<'_>, args: &RotateSecretArgs) -> Result<(), Failure> {
    session.talk(async |talk| {
        let client = talk.client.clone();
        let application = talk.look_up(&args.name).await?;
        let secrets = talk.wait(ConsolePage::Own(talk.site), ims::secrets(&client, &application.id)).await?;
        match &args.drop {
            Some(id) => drop_secret(talk, args.change, &application, &secrets, id).await,
            None => add_secret(talk, args, &application, &secrets).await,
        }
    })
}

async fn add_secret(
    talk: &mut Talk<'_>,
    args: &RotateSecretArgs,
    application: &Application,
    secrets: &[AppSecret],
) -> Result<(), Failure> {
    let name = &application.name;
    if secrets.len() >= MOST_SECRETS {
        return Err(AppFailure::TwoSecrets { name: name.clone(), secrets: secrets.to_vec() }.into());
    }
    let place = args.secret.place(talk, args.change)?;
    let what = AppMessage::WillAddSecret { application };
    if !talk.agree(args.change, what, &[ims::create_secret(&application.id)]).await? {
        return Ok(());
    }
    place.prepare(talk).await?.fill(talk, application).await?;
    for old in secrets {
        talk.ui.note(&Message::App(AppMessage::DropLater { name, secret: &old.id }));
    }
    Ok(())
}

async fn drop_secret(
    talk: &mut Talk<'_>,
    change: ChangeArgs,
    application: &Application,
    secrets: &[AppSecret],
    id: &str,
) -> Result<(), Failure> {
    let client = talk.client.clone();
    if !secrets.iter().any(|secret| secret.id == id) {
        let (name, secrets) = (application.name.clone(), secrets.to_vec());
        return Err(AppFailure::NoSuchSecret { name, secrets }.into());
    }
    let action = ims::delete_secret(&application.id, id);
    let what = AppMessage::WillDropSecret { application, secret: id, is_last: secrets.len() == 1 };
    if talk.agree(change, what, std::slice::from_ref(&action)).await? {
        talk.wait(ConsolePage::Own(talk.site), client.perform(&action)).await?;
        talk.ui.print_message(&Message::App(AppMessage::SecretDropped { secret: id }))?;
    }
    Ok(())
}
