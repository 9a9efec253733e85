//! What can still be read of a broken file: the profiles that are whole.

use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::profile::name_of;

/// The texts of the objects in `text` that have a name and are whole, the outermost of nested ones. The first object is
/// the file itself, which is broken.
pub(super) fn profiles(text: &str) -> Vec<&str> {
    let (mut found, mut end) = (Vec::new(), 0);
    for (at, _) in text.match_indices('{').skip(1) {
        if at < end {
            continue;
        }
        let mut values = Deserializer::from_str(&text[at..]).into_iter::<&RawValue>();
        if let Some(Ok(value)) = values.next()
            && name_of(value.get()).is_some()
        {
            end = at + value.get().len();
            found.push(value.get());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_profiles_are_found_in_a_broken_file() {
        let whole = r#"{"name":"a","x":{"name":"inner"}}"#;
        for text in [
            format!(r#"{{"current":"a","profiles":[{whole},{{"name":"b","mode":"OA"#),
            format!(r#"{{"current":"a" "profiles":[{whole}]}}"#),
            format!(r#"{{"profiles":[{whole}]}}}}garbage{{"#),
            format!(r#"{{"profiles":[{{"nameless":1}},{whole}"#),
        ] {
            assert_eq!(profiles(&text), [whole], "{text}");
        }
        for text in ["", "{", "null", r#"{"name":"root"}"#, &"{".repeat(10_000), &r#"{"a":"#.repeat(10_000)] {
            assert!(profiles(text).is_empty());
        }
    }
}
