//! What a person sees while a sign-in waits, and what they paste.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::messages::{Message, Problem, Warning};
use crate::cli::prompt::{Line, Prompter};
use crate::cli::ui::WaitingLine;
use crate::host::{BoxFuture, NoBrowser, Opened};
use crate::login::{Event, Observer};
use crate::oauth::loopback::PortsUnavailable;
use crate::oauth::paste::{self, PasteError};
use crate::secret::Secret;

/// How often it is looked whether there is something new to show.
const TICK: Duration = Duration::from_millis(250);

/// Says what to do in the browser, and asks for the address that it ends on.
pub(super) struct Narrator<'a, 'p> {
    context: &'a Context<'a>,
    prompter: &'p mut Prompter<'a>,
    /// Whether answers are still read.
    reads: bool,
    line: Option<WaitingLine>,
    until: Instant,
    /// The lines of a paste that has not ended.
    paste: Zeroizing<String>,
}

impl<'a, 'p> Narrator<'a, 'p> {
    /// A narrator that reads pastes, or leaves standard input alone.
    pub(super) fn new(context: &'a Context<'a>, prompter: &'p mut Prompter<'a>, reads: bool) -> Self {
        Self { context, prompter, reads, line: None, until: Instant::now(), paste: Zeroizing::default() }
    }

    /// Says where the page is and how to get back from it.
    fn wait(
        &mut self,
        url: &str,
        port: Result<u16, &PortsUnavailable>,
        timeout: Duration,
        no_browser: Option<NoBrowser>,
    ) -> io::Result<()> {
        let ui = self.context.ui;
        if let Err(Failure::Output(error)) = ui.say_address(url) {
            return Err(error.into_cause());
        }
        if let Err(ports) = port {
            ui.warn(&Warning::NoPort(ports));
        }
        if let Some(reason) = no_browser {
            let is_reachable = reason != NoBrowser::Container || !self.reads;
            let target = self.context.host.ssh_target();
            let tunnel = port.ok().filter(|_| is_reachable).map(|port| (port, &target));
            ui.note(&Message::NoBrowser { reason, tunnel, pastes: self.reads });
        }
        self.until = Instant::now() + timeout;
        self.line = Some(WaitingLine::new(ui, self.reads));
        self.show_line();
        Ok(())
    }

    fn tell(&mut self, event: &Event<'_>) {
        let ui = self.context.ui;
        match event {
            Event::Browser(Ok(Opened::Played(user))) => ui.note(&Message::Played { user }),
            Event::Browser(Err(error)) => ui.warn(&Warning::Browser(error)),
            Event::CallbackRefused(refusal) => ui.warn(&Warning::CallbackRefused(*refusal)),
            Event::PasteRefused(PasteError::Empty) => {}
            Event::PasteRefused(error) => ui.correct(&Problem::Paste(*error)),
            Event::StillWaiting => ui.note(&Message::StillWaiting),
            Event::Browser(Ok(Opened::Person)) | Event::Waiting { .. } | Event::Authorized => {}
        }
    }

    fn show_line(&mut self) {
        let left = self.until.saturating_duration_since(Instant::now());
        if let Some(line) = &mut self.line {
            line.show(left);
        }
    }

    fn clear_line(&mut self) {
        if let Some(line) = &mut self.line {
            line.clear();
        }
    }

    /// What a line adds to a paste: all of it that has arrived. `None` for a line that cannot be part of one.
    fn read(&mut self, line: Line) -> Option<Option<Secret>> {
        let problem = match line {
            Ok(Some(text)) => {
                self.paste.push_str(&Zeroizing::new(text));
                let pasted = Secret::new(self.paste.as_str());
                if !paste::is_unfinished(&self.paste) {
                    self.paste.clear();
                }
                return Some(Some(pasted));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Problem::NotText,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Problem::TooLong,
            Ok(None) | Err(_) => {
                self.reads = false;
                if let Some(line) = &mut self.line {
                    line.ask_no_more();
                }
                return Some(None);
            }
        };
        self.clear_line();
        self.context.ui.correct(&problem);
        None
    }
}

impl Observer for Narrator<'_, '_> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Waiting { url, port, timeout, no_browser, .. } => self.wait(url, *port, *timeout, *no_browser)?,
            // More of it is about to come.
            Event::PasteRefused(_) if !self.paste.is_empty() => {}
            Event::Authorized => self.line = None,
            event => {
                self.clear_line();
                self.tell(event);
                self.show_line();
            }
        }
        Ok(())
    }

    fn pasted(&mut self) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(async {
            loop {
                tokio::select! {
                    line = self.prompter.next(), if self.reads => if let Some(pasted) = self.read(line) {
                        return pasted;
                    },
                    () = sleep(TICK) => {}
                }
                self.show_line();
            }
        })
    }
}
