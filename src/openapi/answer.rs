//! The JSON of an answer, read leniently: lists are wrapped once or twice, numbers and times come as texts too.
//!
//! What does not fit is never guessed at: the error names the field, the request id and, unless it may hold a secret,
//! the answer itself.

use serde_json::{Map, Value};

use super::action::Action;
use super::call::{CallError, Client};
use crate::reply::{Refusal, ReplyError};
use crate::text::printable;
use crate::time::Timestamp;

/// How much of an answer that does not fit is shown, in characters.
const SHOWN: usize = 400;
const MAX_ID: usize = 64;

/// One action brought no usable answer.
#[derive(Debug, thiserror::Error)]
#[error("action-failed")]
pub struct ActionError {
    /// The name of the action; the permission for it is `ram:` and this name.
    pub action: &'static str,
    /// Why.
    #[source]
    pub error: CallError,
}

/// An answer of success that lacks what its documentation promises.
#[derive(Debug, thiserror::Error)]
#[error("unexpected-answer")]
pub struct Unexpected {
    /// What is missing or has another form.
    pub field: &'static str,
    /// What Alibaba Cloud's support asks for, safe to print.
    pub request_id: Option<String>,
    /// The beginning of the answer, safe to print; empty where it may hold a secret.
    pub answer: String,
}

impl ActionError {
    /// The service's refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.error {
            CallError::Reply(ReplyError::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Whether what the action is about does not exist. Both spellings occur.
    pub fn is_missing(&self) -> bool {
        self.begins_with(&["EntityNotExist"])
    }

    /// Whether what the action would create exists.
    pub fn is_there_already(&self) -> bool {
        self.begins_with(&["EntityAlreadyExist"])
    }

    /// Whether the identity lacks the permission for the action.
    pub fn is_denied(&self) -> bool {
        self.begins_with(&["NoPermission", "Forbidden"])
    }

    /// Whether the service does not have the action, which is new and may not be everywhere yet.
    pub fn is_unknown_action(&self) -> bool {
        self.begins_with(&["InvalidAction", "UnsupportedOperation", "InvalidVersion"])
    }

    fn begins_with(&self, beginnings: &[&str]) -> bool {
        let code = self.refusal().and_then(|refusal| refusal.code.as_deref()).unwrap_or_default();
        beginnings.iter().any(|beginning| code.starts_with(beginning))
    }
}

/// An answer of success.
pub(super) struct Answer {
    action: &'static str,
    object: Map<String, Value>,
    is_secret: bool,
}

impl Client<'_> {
    /// Sends `action` and returns the answer.
    pub(super) async fn ask(&self, action: &Action) -> Result<Answer, ActionError> {
        self.answer(action, false).await
    }

    /// As [`Client::ask`], for an answer that holds a secret and is never shown.
    pub(super) async fn ask_for_secret(&self, action: &Action) -> Result<Answer, ActionError> {
        self.answer(action, true).await
    }

    async fn answer(&self, action: &Action, is_secret: bool) -> Result<Answer, ActionError> {
        let reply = self.call(action).await.map_err(|error| ActionError { action: action.name, error })?;
        Ok(Answer { action: action.name, object: reply.object(), is_secret })
    }

    /// Sends an action whose answer says no more than that it is done.
    ///
    /// # Errors
    /// [`ActionError`]
    pub async fn perform(&self, action: &Action) -> Result<(), ActionError> {
        self.ask(action).await.map(drop)
    }
}

impl Answer {
    /// What `read` finds in the object `name`.
    pub(super) fn read<T>(&self, name: &'static str, read: impl Fn(&Value) -> Option<T>) -> Result<T, ActionError> {
        self.object.get(name).and_then(read).ok_or_else(|| self.unexpected(name))
    }

    /// What `read` finds in each item of the list `outer.inner`.
    pub(super) fn read_list<T>(
        &self,
        outer: &'static str,
        inner: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, ActionError> {
        let items = self.object.get(outer).and_then(|list| items(list, inner));
        let read = items.and_then(|items| items.iter().map(read).collect());
        read.ok_or_else(|| self.unexpected(outer))
    }

    /// Every object at any depth, in order.
    pub(super) fn objects(&self) -> Vec<&Map<String, Value>> {
        let mut found = vec![&self.object];
        self.object.values().for_each(|value| collect_objects(value, &mut found));
        found
    }

    /// The field `name` of the answer itself.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text_of(self.object.get(name)?)
    }

    /// Where the next page begins, under any of the names for it.
    pub(super) fn next_page(&self) -> Option<String> {
        let more = self.object.get("IsTruncated").is_none_or(|more| flag_of(more) == Some(true));
        ["Marker", "NextToken"].iter().find_map(|name| self.text(name)).filter(|marker| more && !marker.is_empty())
    }

    pub(super) fn unexpected(&self, field: &'static str) -> ActionError {
        let answer = if self.is_secret { String::new() } else { Value::Object(self.object.clone()).to_string() };
        let request_id = self.text("RequestId").map(|id| printable(&id, MAX_ID));
        let unexpected = Unexpected { field, request_id, answer: printable(&answer, SHOWN) };
        ActionError { action: self.action, error: unexpected.into() }
    }
}

fn collect_objects<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Object(object) => {
            found.push(object);
            object.values().for_each(|value| collect_objects(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_objects(item, found)),
        _ => {}
    }
}

/// The items of a list that is wrapped once more in an object, or is not.
pub(super) fn items<'a>(list: &'a Value, inner: &str) -> Option<&'a Vec<Value>> {
    list.as_array().or_else(|| list.get(inner)?.as_array())
}

/// A text, or a number as a text.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    text_of(value.get(name)?)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn flag(value: &Value, name: &str) -> Option<bool> {
    flag_of(value.get(name)?)
}

fn flag_of(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

pub(super) fn number(value: &Value, name: &str) -> Option<u64> {
    text(value, name)?.parse().ok()
}

/// A time: RFC 3339, or milliseconds since the epoch.
pub(super) fn time(value: &Value, name: &str) -> Option<Timestamp> {
    let text = text(value, name)?;
    let milliseconds = || text.parse::<i64>().ok().map(|milliseconds| Timestamp::from_unix(milliseconds / 1000));
    Timestamp::parse_rfc3339(&text).or_else(milliseconds)
}
