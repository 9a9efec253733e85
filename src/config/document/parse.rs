//! The members of an object and the items of an array, as `serde_json` finds them: slices of the text.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Visits the items of an array in their order. None of them is kept: there may be millions.
pub(in crate::config) fn each_item<'a>(text: &'a str, visit: impl FnMut(&'a str)) -> Result<(), serde_json::Error> {
    struct Each<F>(F);

    impl<'de, F: FnMut(&'de str)> Visitor<'de> for Each<F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element::<&'de RawValue>()? {
                (self.0)(item.get());
            }
            Ok(())
        }
    }

    let mut parser = serde_json::Deserializer::from_str(text);
    parser.deserialize_seq(Each(visit))?;
    parser.end()
}

/// The members of an object, duplicates included, which no map keeps.
pub(super) struct Members<'a>(pub(super) Vec<Member<'a>>);

/// A key and its value, both as they are written.
pub(super) type Member<'a> = (&'a str, &'a str);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
                    members.push((key.get(), value.get()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
