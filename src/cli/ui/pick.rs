//! A list to choose from, on a terminal, by single keys. However it ends, the terminal is left as it was.

use std::io;

use dialoguer::Select;
use dialoguer::console::Term;
use dialoguer::theme::SimpleTheme;

use super::Ui;
use crate::cli::failure::{Attempt, Code, Failure};
use crate::cli::messages::Message;
use crate::host::{Interrupts, KeptTerminal, blocking};
use crate::text::printable;

/// The longest name that is shown, in characters.
const LONGEST: usize = 60;

impl Ui {
    /// Lets a person choose one of `names`, the one at `current` first, and returns its index.
    pub(in crate::cli) async fn pick(
        &self,
        title: &Message<'_>,
        names: &[&str],
        current: usize,
        interrupts: &mut Interrupts,
    ) -> Result<usize, Failure> {
        let shown: Vec<String> = names.iter().map(|name| printable(name, LONGEST)).collect();
        let title = self.text(title);
        let _terminal = Restored(KeptTerminal::remember());
        let select =
            move || Select::with_theme(&SimpleTheme).with_prompt(title).items(&shown).default(current).interact_opt();
        let chosen = tokio::select! {
            chosen = blocking(select) => chosen,
            () = interrupts.next() => Ok(None),
        };
        match chosen {
            Ok(Some(index)) => Ok(index),
            Ok(None) => Err(Failure::Quiet(Code::Interrupted)),
            // The terminal gives an interrupt to its reader.
            Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
                Err(Failure::Quiet(Code::Interrupted))
            }
            Err(dialoguer::Error::IO(error)) => Err(Failure::System(Attempt::ShowList, error)),
        }
    }
}

/// A list that was interrupted leaves the cursor hidden, whoever noticed the interrupt first.
struct Restored(#[expect(dead_code, reason = "restores the terminal when it is dropped")] KeptTerminal);

impl Drop for Restored {
    fn drop(&mut self) {
        Term::stderr().show_cursor().ok();
    }
}
