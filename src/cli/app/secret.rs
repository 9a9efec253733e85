//! Where a new secret goes: a file of its own, or the terminal, once. Decided before there is a secret.

use std::path::PathBuf;

use clap::Args;

use super::session::{ChangeArgs, Talk};
use crate::cli::failure::{AppFailure, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::host::PrivateFile;
use crate::openapi::ims::{self, Application};

// Where the secret goes. (A doc comment would take the place of the command's own help.)
#[derive(Args, Debug)]
pub(super) struct SecretArgs {
    /// New file for the secret, readable only by you [default: shown once, on a terminal]
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// Where a secret goes.
pub(super) enum SecretPlace {
    File(PathBuf),
    Here,
}

/// The same, ready to take the secret.
pub(super) enum Ready {
    File(PathBuf, PrivateFile),
    Here,
}

impl SecretArgs {
    /// Determines the place, and refuses a file that exists.
    pub(super) fn place(&self, talk: &Talk<'_>, change: ChangeArgs) -> Result<SecretPlace, Failure> {
        match &self.secret_file {
            Some(path) if path.symlink_metadata().is_ok() => {
                Err(AppFailure::SecretFile { path: path.clone(), error: std::io::ErrorKind::AlreadyExists.into() }
                    .into())
            }
            Some(path) => Ok(SecretPlace::File(path.clone())),
            None if change.dry_run || talk.ui.is_conversation() => Ok(SecretPlace::Here),
            None => Err(AppFailure::NoSecretPlace.into()),
        }
    }
}

impl SecretPlace {
    /// Creates the file, or asks whether the secret may be shown.
    pub(super) async fn prepare(self, talk: &mut Talk<'_>) -> Result<Ready, Failure> {
        match self {
            Self::File(path) => match PrivateFile::create(&path) {
                Ok(file) => Ok(Ready::File(path, file)),
                Err(error) => Err(AppFailure::SecretFile { path, error }.into()),
            },
            Self::Here => match talk.ask(AppMessage::AskToShowSecret).await? {
                true => Ok(Ready::Here),
                false => Err(AppFailure::Declined.into()),
            },
        }
    }
}

impl Ready {
    /// Creates a secret of `application` and puts it there.
    pub(super) async fn fill(self, talk: &mut Talk<'_>, application: &Application) -> Result<(), Failure> {
        let (client, place, name) = (talk.client.clone(), ConsolePage::Own(talk.site), application.name.clone());
        let action = ims::create_secret(&application.id);
        let secret = match talk.wait(place, ims::make_secret(&client, &action)).await {
            Ok(secret) => secret,
            Err(why) => {
                return Err(AppFailure::NoSecretYet { name, id: application.id.clone(), why: why.into() }.into());
            }
        };
        match self {
            Self::File(path, file) => match file.keep(secret.value.expose()) {
                Ok(()) => talk.ui.note(&Message::App(AppMessage::SecretSaved { id: &secret.id, path: &path })),
                Err(error) => {
                    return Err(AppFailure::SecretUnsaved { name, secret: secret.id, path, error }.into());
                }
            },
            Self::Here => talk.ui.print_message(&Message::App(AppMessage::SecretShown { secret: &secret }))?,
        }
        Ok(())
    }
}
