//! What every command about applications starts from: an identity, a site, and a conversation before each change.

use std::future::Future;

use clap::Args;

use crate::applications::own;
use crate::cli::context::Context;
use crate::cli::credentials::WantedArgs;
use crate::cli::failure::{AppFailure, Code, ConsolePage, Failure};
use crate::cli::messages::{AppMessage, Message};
use crate::cli::options::{read_profile, read_site, read_yes};
use crate::cli::prompt::Prompter;
use crate::cli::ui::Ui;
use crate::config::ProfileName;
use crate::credentials::Credentials;
use crate::host::Interrupts;
use crate::openapi::ims::Application;
use crate::openapi::{Action, ActionError, Client, Key};
use crate::secret::Secret;
use crate::site::Site;
use crate::text::shell_word;
use crate::time::Skew;

// Who asks, and at which site. (A doc comment would take the place of the command's own help.)
#[derive(Args, Clone, Debug)]
pub(super) struct WhoArgs {
    /// Profile to use [default: ALIBABACLOUD_PROFILE, else the current one, else `default`]
    #[arg(long, global = true, value_name = "NAME", value_parser = read_profile)]
    profile: Option<ProfileName>,
    /// Site of the account: CN or INTL [default: the profile's, else CN]
    #[arg(long, global = true, value_name = "SITE", value_parser = read_site)]
    pub(super) site: Option<Site>,
}

// How a change is agreed on. (As above.)
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct ChangeArgs {
    /// Make the change without asking
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Print the calls that would make the change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// An identity and a site.
pub(super) struct Session<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) site: Site,
    /// What signs; `None` where nothing has to be signed.
    credentials: Option<Credentials>,
    skew: Skew,
}

/// The same while it may wait for the network or a person.
pub(super) struct Talk<'a> {
    pub(super) ui: &'a Ui,
    pub(super) client: Client<'a>,
    pub(super) site: Site,
    pub(super) prompter: Prompter<'a>,
    pub(super) interrupts: &'a mut Interrupts,
}

impl<'a> Session<'a> {
    /// Obtains credentials of the profile, in any mode that gives some.
    pub(super) fn open(context: &'a Context<'a>, who: &WhoArgs) -> Result<Self, Failure> {
        let (wanted, credentials, skew) = WantedArgs::of(who.profile.clone()).obtain_with_skew(context)?;
        let config = context.logins.read()?.config;
        let own = config.find(&wanted.profile).and_then(|profile| profile.site);
        let site = who.site.or(own).unwrap_or(Site::China);
        Ok(Self { context, site, credentials: Some(credentials), skew })
    }

    /// For what needs no identity.
    pub(super) fn without_credentials(context: &'a Context<'a>, who: &WhoArgs) -> Self {
        let site = who.site.unwrap_or(Site::China);
        Self { context, site, credentials: None, skew: Skew::default() }
    }

    pub(super) const fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    pub(super) const fn ui(&self) -> &Ui {
        self.context.ui
    }

    /// Has the conversation `work`.
    pub(super) fn talk<T>(&self, work: impl AsyncFnOnce(&mut Talk<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        let (nobody, nothing) = (String::new(), Secret::default());
        let key = self.credentials.as_ref().map_or(Key { id: &nobody, secret: &nothing, token: None }, |own| Key {
            id: &own.access_key_id,
            secret: &own.access_key_secret,
            token: own.security_token.as_ref(),
        });
        let client = self.context.client(key, self.skew);
        self.context.interruptible(async |interrupts| {
            let prompter = Prompter::new(self.context.ui);
            work(&mut Talk { ui: self.context.ui, client, site: self.site, prompter, interrupts }).await
        })
    }
}

impl Talk<'_> {
    /// Waits for `asked`, unless an interrupt comes first. The same could be done at `place`.
    pub(super) async fn wait<T>(
        &mut self,
        place: ConsolePage,
        asked: impl Future<Output = Result<T, ActionError>>,
    ) -> Result<T, Failure> {
        self.hear(asked).await?.map_err(|error| AppFailure::Action { error, place }.into())
    }

    /// Waits for anything, unless an interrupt comes first.
    pub(super) async fn hear<T>(&mut self, asked: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            answer = asked => Ok(answer),
            () = self.interrupts.next() => Err(AppFailure::Interrupted.into()),
        }
    }

    /// Looks an own application up by name or id.
    pub(super) async fn look_up(&mut self, name: &str) -> Result<Application, Failure> {
        let (client, place) = (self.client.clone(), ConsolePage::Own(self.site));
        let found = self.hear(own::look_up(&client, name)).await?;
        found.map_err(|error| AppFailure::LookUp { error, place }.into())
    }

    /// Shows what `actions` would do and returns whether to do it. A dry run prints them instead.
    pub(super) async fn agree(
        &mut self,
        change: ChangeArgs,
        what: AppMessage<'_>,
        actions: &[Action],
    ) -> Result<bool, Failure> {
        if change.dry_run {
            self.ui.print_lines(actions.iter().map(call))?;
            return Ok(false);
        }
        self.ui.say(&Message::App(what))?;
        if change.yes {
            return Ok(true);
        }
        if !self.ui.is_asked_here() {
            return Err(AppFailure::NotConfirmed.into());
        }
        match self.ask(AppMessage::AskChange).await? {
            true => Ok(true),
            false => Err(AppFailure::Declined.into()),
        }
    }

    /// Reads a secret that is not shown while it is typed; without a terminal, a line of standard input.
    pub(super) async fn hidden(&mut self, question: AppMessage<'_>) -> Result<Option<Secret>, Failure> {
        self.prompter.hidden(self.interrupts, &Message::App(question)).await
    }

    /// Asks a yes-or-no question; the default is no.
    pub(super) async fn ask(&mut self, question: AppMessage<'_>) -> Result<bool, Failure> {
        self.prompter.ask(self.interrupts, Message::App(question), false, read_yes).await
    }
}

/// An action as one line, in the words of the official client.
fn call(action: &Action) -> String {
    let options = action.parameters.iter().map(|(name, value)| format!(" --{name} {}", shell_word(value.as_ref())));
    format!("aliyun {} {}{}\n", action.product.as_str(), action.name, options.collect::<String>())
}

/// The failure of a command for several names, of which each failure was shown.
pub(super) fn overall(failures: Vec<Failure>, of: usize) -> Result<(), Failure> {
    let failed = failures.len();
    match AppFailure::worst(failures) {
        None => Ok(()),
        Some(worst @ (Failure::Quiet(Code::Interrupted) | Failure::App(AppFailure::Interrupted))) => Err(worst),
        Some(worst) if of == 1 => Err(worst),
        Some(worst) => Err(AppFailure::Some { failed, of, worst: Box::new(worst) }.into()),
    }
}
