//! The questions after a sign-in, in the order and wording of the official client, and the saving of the answers.

use crate::cli::context::Context;
use crate::cli::failure::{Code, Failure};
use crate::cli::messages::Message;
use crate::cli::options::{OutputFormat, read_language, read_region};
use crate::cli::prompt::Prompter;
use crate::config::{Changes, Field, Profile, ProfileName};
use crate::host::Interrupts;
use crate::logins::{LOCK_DEADLINE, acquire};
use crate::site::Site;

/// What a profile has in addition to its login.
pub(super) struct Settings {
    region: String,
    language: String,
}

impl Settings {
    /// What is saved if nothing is answered. A profile without a region is invalid for the official client, so there
    /// is always one.
    pub(super) fn default_for(context: &Context<'_>, existing: Option<&Profile>, site: Site) -> Self {
        let region = existing.and_then(|profile| profile.region_id.clone());
        let language = existing.and_then(|profile| profile.language.clone());
        Self {
            region: region.unwrap_or_else(|| site.default_region().to_owned()),
            language: language.unwrap_or_else(|| context.ui.language().get().code().to_owned()),
        }
    }

    /// Takes what the options say.
    pub(super) fn take(&mut self, context: &Context<'_>, (region, language): (Option<&str>, Option<&str>)) {
        if let Some(region) = region {
            context.check_region(region);
            self.region = region.to_owned();
        }
        if let Some(language) = language {
            self.language = language.to_owned();
        }
    }

    /// Asks for what no option has said. What was answered before a failure counts.
    pub(super) async fn ask(
        &mut self,
        context: &Context<'_>,
        prompter: &mut Prompter<'_>,
        interrupts: &mut Interrupts,
        (region, language): (Option<&str>, Option<&str>),
    ) -> Result<(), Failure> {
        // What was typed while the browser was open answers nothing that had been asked.
        prompter.discard_typed_ahead();
        self.region = match region {
            Some(region) => region.to_owned(),
            None => {
                let question = Message::AskRegion { default: &self.region };
                prompter.ask(interrupts, question, self.region.clone(), read_region).await?
            }
        };
        context.check_region(&self.region);
        context.ui.say(&Message::OutputFormat)?;
        self.language = match language {
            Some(language) => language.to_owned(),
            None => {
                let question = Message::AskLanguage { default: &self.language };
                prompter.ask(interrupts, question, self.language.clone(), read_language).await?
            }
        };
        Ok(())
    }

    /// Saves the answers and, if `activate`, makes the profile the current one.
    pub(super) async fn save(
        &self,
        context: &Context<'_>,
        name: &ProfileName,
        activate: bool,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        context.ui.say(&Message::Saving { profile: name.as_str() })?;
        let changes = Changes::new()
            .text(Field::RegionId, &self.region)
            .text(Field::OutputFormat, OutputFormat::Json.as_str())
            .text(Field::Language, &self.language);
        let mut locked = tokio::select! {
            locked = acquire(&context.logins, LOCK_DEADLINE) => locked?,
            () = interrupts.next() => return Err(Failure::Quiet(Code::Interrupted)),
        };
        let name = name.clone();
        let saved = locked.with(move |logins| {
            logins.edit(&mut |config| {
                config.upsert(&name, &changes);
                if activate {
                    config.set_current(&name);
                }
            })
        });
        let notes = saved.await?;
        context.ui.say(&Message::Saved)?;
        context.show_notes(&notes);
        Ok(())
    }
}
