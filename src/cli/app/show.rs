//! `aliyun-rs app show`: all about one application.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::session::Session;
use crate::cli::failure::{ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::openapi::ims::{self, AppSecret, Application};

pub(super) const ACTIONS: &[&str] = &["ListApplications", "GetApplication", "ListAppSecretIds"];

/// Show one application and the IDs of its secrets
#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// Name or ID of the application
    #[arg(value_name = "NAME")]
    name: String,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// An application, as `--format json` shows it. Times are RFC 3339, lifetimes seconds.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    id: &'a str,
    name: &'a str,
    display_name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    protocol: &'a str,
    callback_urls: &'a [String],
    scopes: Vec<&'a str>,
    multi_tenant: Option<bool>,
    access_token_validity: Option<u64>,
    refresh_token_validity: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_ids: Option<Vec<&'a str>>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(application: &'a Application) -> Self {
        Self {
            id: &application.id,
            name: &application.name,
            display_name: &application.display_name,
            kind: application.kind.as_str(),
            protocol: &application.protocol,
            callback_urls: &application.redirect_uris,
            scopes: application.scopes.iter().map(|scope| scope.name.as_str()).collect(),
            multi_tenant: application.is_multi_tenant,
            access_token_validity: application.access_token_validity,
            refresh_token_validity: application.refresh_token_validity,
            created: application.created.map(|time| time.to_string()),
            secret_ids: None,
        }
    }

    fn with_secrets(mut self, secrets: &'a [AppSecret]) -> Self {
        self.secret_ids = Some(secrets.iter().map(|secret| secret.id.as_str()).collect());
        self
    }
}

pub(super) fn run(session: &Session<'_>, args: &ShowArgs) -> Result<(), Failure> {
    let place = ConsolePage::Own(session.site);
    let (application, secrets) = session.talk(async |talk| {
        let client = talk.client.clone();
        let application = talk.look_up(&args.name).await?;
        let secrets = talk.wait(place, ims::secrets(&client, &application.id)).await?;
        Ok((application, secrets))
    })?;
    match args.format {
        Format::Json => session.ui().print_json(&Shown::of(&application).with_secrets(&secrets), true),
        Format::Text => {
            let message = AppMessage::Application { application: &application, secrets: &secrets };
            session.ui().print_message(&Message::App(message))
        }
    }
}
