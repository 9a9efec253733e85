//! A sign-in as a stream of events for a program: one JSON object a line on standard output, and nothing else there.

use std::io;

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::messages::{Message, Problem, Say, Warning};
use crate::cli::prompt::Prompter;
use crate::config::ProfileName;
use crate::host::{BoxFuture, Opened};
use crate::login::{Event, Observer};
use crate::openapi::sts::Identity;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Reports what happens while a sign-in waits, and reads pastes where they are wanted.
pub(super) struct Reporter<'a, 'p> {
    context: &'a Context<'a>,
    prompter: &'p mut Prompter<'a>,
    reads: bool,
}

impl<'a, 'p> Reporter<'a, 'p> {
    pub(super) const fn new(context: &'a Context<'a>, prompter: &'p mut Prompter<'a>, reads: bool) -> Self {
        Self { context, prompter, reads }
    }

    fn warning(&self, said: &impl Say) -> Value {
        json!({"event": "warning", "message": self.context.ui.line(said)})
    }
}

impl Observer for Reporter<'_, '_> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let line = match event {
            Event::Waiting { url, redirect_uri, port, timeout, .. } => json!({
                "event": "waiting",
                "url": url,
                "port": port.as_ref().ok(),
                "callback": redirect_uri,
                "expires": (self.context.host.clock.now() + *timeout).to_string(),
            }),
            Event::Browser(Ok(Opened::Person)) => return Ok(()),
            Event::Browser(Ok(Opened::Played(user))) => self.warning(&Message::Played { user }),
            Event::Browser(Err(error)) => self.warning(&Warning::Browser(error)),
            Event::CallbackRefused(refusal) => self.warning(&Warning::CallbackRefused(*refusal)),
            Event::PasteRefused(error) => self.warning(&Problem::Paste(*error)),
            Event::StillWaiting => self.warning(&Message::StillWaiting),
            Event::Authorized => json!({"event": "authorized"}),
        };
        match self.context.ui.print_json(&line, false) {
            Err(Failure::Output(error)) => Err(error.into_cause()),
            _ => Ok(()),
        }
    }

    fn pasted(&mut self) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(async {
            if !self.reads {
                return std::future::pending().await;
            }
            let line = self.prompter.next().await;
            self.reads = matches!(line, Ok(Some(_)));
            line.ok().flatten().map(Secret::new)
        })
    }
}

/// Reports that the profile is saved, and whose it is.
pub(super) fn saved(
    context: &Context<'_>,
    profile: &ProfileName,
    identity: &Identity,
    until: Timestamp,
) -> Result<(), Failure> {
    let line = json!({
        "event": "saved",
        "profile": profile,
        "account": identity.account_id,
        "arn": identity.arn,
        "until": until.to_string(),
    });
    context.ui.print_json(&line, false)
}

/// Reports why the sign-in failed, with the fields of an error as JSON.
pub(super) fn failed(context: &Context<'_>, failure: &Failure) {
    let Some(mut line) = context.ui.failure_json(failure) else { return };
    line["event"] = "error".into();
    // The failure itself is what counts.
    context.ui.print_json(&line, false).ok();
}
