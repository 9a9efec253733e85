//! The shared file as text, and the edits of its profiles: each changes the bytes of the values that it is about and
//! nothing else. Touches no disk.

use std::collections::HashSet;
use std::ops::Range;

use super::changes::Changes;
use super::document::{Defect, Entry, Layout, Malformed, Node, Text, check, each_item, quote, splice, string};
use super::field::Field;
use super::note::{Oddities, Oddity};
use super::profile::{Members, Profile, name_of};
use super::profile_name::ProfileName;
use super::salvage;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the official client writes when it has nothing to say: Go's `MarshalIndent`, without a final newline.
const EMPTY: &str = "{\n\t\"current\": \"\",\n\t\"profiles\": [],\n\t\"meta_path\": \"\"\n}";

/// The shared file as text, and where its parts are.
#[derive(Clone)]
pub struct Config {
    text: Text,
    current: Option<ProfileName>,
    /// Every profile that has a name, in the order of the file.
    places: Vec<(ProfileName, Range<usize>)>,
    oddities: Oddities,
}

impl Config {
    /// A file that does not exist yet: it looks like one of the official client.
    pub fn empty() -> Self {
        Self::index(Text::new(EMPTY.to_owned())).expect("the empty file is well formed")
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    ///
    /// Fails if the text is not UTF-8 or not a JSON object, has `current` or `profiles` twice, is nested deeper than the
    /// official client reads, or if `profiles` is not a list. A bad profile or field does not fail: see
    /// [`Config::oddities`] and [`Profile::faults`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let plain = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let text = std::str::from_utf8(plain).map_err(|error| {
            let utf16 = plain.starts_with(b"\xff\xfe") || plain.starts_with(b"\xfe\xff");
            Malformed::at(plain, error.valid_up_to(), if utf16 { Defect::Utf16 } else { Defect::NotUtf8 })
        })?;
        let mut config = Self::index(Text::new(text.to_owned()))?;
        if plain.len() < bytes.len() {
            config.mark();
        }
        Ok(config)
    }

    /// The name of the current profile, which may not exist.
    pub fn current(&self) -> Option<&ProfileName> {
        self.current.as_ref()
    }

    /// The names of the profiles in the order of the file, each once.
    pub fn names(&self) -> Vec<&ProfileName> {
        let mut seen = HashSet::new();
        self.places.iter().map(|(name, _)| name).filter(|name| seen.insert(*name)).collect()
    }

    /// The profiles in the order of the file, one for each name, read one at a time.
    pub fn profiles(&self) -> impl Iterator<Item = Profile> + Clone {
        let mut seen = HashSet::new();
        let places = self.places.iter().filter(move |(name, _)| seen.insert(name));
        places.map(|(name, place)| self.read(name, place))
    }

    /// The profile called `name`: the first one, as in the official client.
    pub fn find(&self, name: &ProfileName) -> Option<Profile> {
        self.place(name).map(|place| self.read(name, &place))
    }

    /// The members of the profile called `name`, secrets included.
    pub fn members(&self, name: &ProfileName) -> Option<Members> {
        let node = Node::object(&self.text[self.place(name)?]).ok()?;
        Some(Profile::members(&node))
    }

    /// Whether there is a profile called `name`.
    pub fn contains(&self, name: &ProfileName) -> bool {
        self.place(name).is_some()
    }

    /// What in the file is odd and does not keep it from being read: the first ten things.
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities.shown
    }

    /// How many more oddities there are.
    pub fn more_oddities(&self) -> usize {
        self.oddities.more
    }

    /// The text of the file, secrets included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Changes the profile `name`, or adds it at the end of the list.
    pub fn upsert(&mut self, name: &ProfileName, changes: &Changes) {
        match self.place(name) {
            Some(place) => {
                let profile = edited(&self.text[place.clone()], changes, &Layout::official());
                self.replace(place, &profile);
            }
            None => self.append(name, changes),
        }
    }

    /// Removes every profile called `name`; whether there was one.
    pub fn remove(&mut self, name: &ProfileName) -> bool {
        if !self.contains(name) {
            return false;
        }
        let list = self.list().expect("a profile that was found is in the list");
        let kept = self.array(&list).retain(|item| name_of(item.value).as_ref() != Some(name));
        self.replace(list, &kept);
        true
    }

    /// Makes `name` the current profile, spelled as the profile itself spells it.
    pub fn set_current(&mut self, name: &ProfileName) {
        if self.current() == Some(name) {
            return;
        }
        let spelled = self.place(name).and_then(|place| {
            let profile = Node::object(&self.text[place]).ok()?;
            Some(Text::new(profile.get("name")?.value.to_owned()))
        });
        let value = spelled.unwrap_or_else(|| quote(name));
        let text = self.root().set("current", &value, &Layout::official(), root_rank);
        self.become_text(text);
    }

    fn index(text: Text) -> Result<Self, Malformed> {
        let root = check(&text)?;
        for key in ["current", "profiles"] {
            let same = |entry: &&Entry<'_>| entry.key().is_some_and(|found| found.eq_ignore_ascii_case(key));
            if let Some(second) = root.entries().iter().filter(same).nth(1) {
                // A reader sees the last one only: an edit would leave the profiles of the others behind.
                let start = root.range(second.value).start;
                return Err(Malformed::at(text.as_bytes(), start, Defect::RepeatedKey));
            }
        }
        let (mut places, mut oddities) = (Vec::new(), Oddities::default());
        let current = root.get("current").filter(|entry| entry.value != "null");
        let current = current.and_then(|entry| {
            let name = string(entry.value);
            if name.is_none() {
                oddities.add(|| Oddity::CurrentNotAString);
            }
            name.filter(|name| !name.is_empty()).map(|name| ProfileName::in_file(name.into()))
        });
        if let Some(list) = root.get("profiles").filter(|entry| entry.value != "null") {
            let start = root.range(list.value).start;
            if !list.value.starts_with('[') {
                return Err(Malformed::at(text.as_bytes(), start, Defect::ProfilesNotAList));
            }
            each_item(list.value, |item| {
                let place = root.range(item);
                match name_of(item) {
                    Some(name) => places.push((name, place)),
                    None => oddities
                        .add(|| Oddity::NotAProfile(Malformed::at(text.as_bytes(), place.start, Defect::NotAProfile))),
                }
            })?;
            repeated(&places).for_each(|name| oddities.add(|| Oddity::DuplicateName(name.clone())));
        }
        Ok(Self { text, current, places, oddities })
    }

    /// Adds a profile that looks like its siblings, or else like the file around it.
    fn append(&mut self, name: &ProfileName, changes: &Changes) {
        let list = self.made_list();
        let array = self.array(&list);
        let sibling = array.entries().iter().rev().find_map(|item| Node::object(item.value).ok()?.layout());
        let inner = sibling.unwrap_or_else(|| self.root().layout().unwrap_or_else(Layout::official).nested().nested());
        let named = Changes::new().text(Field::Name, name.as_str());
        let profile = edited(&edited("{}", &named, &inner), changes, &inner);
        self.push(&list, &profile);
    }

    /// Adds the profiles in the text of a broken file that are whole and have no namesake here, and returns their names.
    pub fn salvage(&mut self, text: &str) -> Vec<ProfileName> {
        let mut salvaged = Vec::new();
        for profile in salvage::profiles(text) {
            let Some(name) = name_of(profile).filter(|name| !self.contains(name)) else { continue };
            let list = self.made_list();
            self.push(&list, profile);
            salvaged.push(name);
        }
        salvaged
    }

    fn push(&mut self, list: &Range<usize>, profile: &str) {
        let array = self.array(list);
        let around = array.layout().unwrap_or_else(|| self.root().layout().unwrap_or_else(Layout::official).nested());
        let text = array.push(profile, &around);
        self.replace(list.clone(), &text);
    }

    /// The place of the list of profiles, which is made where there is none.
    fn made_list(&mut self) -> Range<usize> {
        if self.list().is_none() {
            let text = self.root().set("profiles", "[]", &Layout::official(), root_rank);
            self.become_text(text);
        }
        self.list().expect("the list was just put there")
    }

    fn read(&self, name: &ProfileName, place: &Range<usize>) -> Profile {
        let node = Node::object(&self.text[place.clone()]).expect("an indexed profile is an object");
        Profile::read(name, &node)
    }

    fn place(&self, name: &ProfileName) -> Option<Range<usize>> {
        self.places.iter().find(|(found, _)| found == name).map(|(_, place)| place.clone())
    }

    fn root(&self) -> Node<'_> {
        Node::object(&self.text).expect("the text was checked")
    }

    /// The place of the list of profiles, if there is one.
    fn list(&self) -> Option<Range<usize>> {
        let root = self.root();
        root.get("profiles").filter(|entry| entry.value != "null").map(|entry| root.range(entry.value))
    }

    fn array(&self, list: &Range<usize>) -> Node<'_> {
        Node::array(&self.text[list.clone()]).expect("the list was checked")
    }

    fn replace(&mut self, place: Range<usize>, with: &str) {
        if self.text[place.clone()] != *with {
            self.become_text(splice(&self.text, place, with));
        }
    }

    fn become_text(&mut self, text: Text) {
        let is_marked = self.oddities.shown.first() == Some(&Oddity::ByteOrderMark);
        // There may be hundreds of thousands: not twice.
        self.places = Vec::new();
        *self = Self::index(text).expect("an edit keeps the file well formed");
        if is_marked {
            self.mark();
        }
    }

    /// Remembers that the file began with a byte order mark. It comes first, whatever else there is.
    fn mark(&mut self) {
        self.oddities.shown.insert(0, Oddity::ByteOrderMark);
        if self.oddities.shown.len() > Oddities::SHOWN {
            self.oddities.shown.pop();
            self.oddities.more += 1;
        }
    }
}

/// The names that several profiles have, each once.
fn repeated(places: &[(ProfileName, Range<usize>)]) -> impl Iterator<Item = &ProfileName> {
    let (mut seen, mut found) = (HashSet::new(), HashSet::new());
    let names = places.iter().map(|(name, _)| name);
    names.filter(move |name| !seen.insert(*name) && found.insert(*name))
}

fn root_rank(key: &str) -> Option<usize> {
    ["current", "profiles", "meta_path"].iter().position(|known| known.eq_ignore_ascii_case(key))
}

/// The profile `text` with `changes`; those that say what it says already leave it alone.
fn edited(text: &str, changes: &Changes, layout: &Layout) -> Text {
    let mut text = Text::new(text.to_owned());
    for (field, change) in changes.iter() {
        let node = Node::object(&text).expect("a profile is an object");
        if change.agrees(node.get(field.key()).map(|entry| entry.value)) {
            continue;
        }
        let next = match change.json() {
            Some(value) => node.set(field.key(), &value, layout, Field::rank),
            None => node.retain(|entry| !entry.key().is_some_and(|key| key.eq_ignore_ascii_case(field.key()))),
        };
        text = next;
    }
    text
}
