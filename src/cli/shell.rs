//! Assignments in the grammar of each shell, and of the files that hold variables. A value is quoted by the rules of
//! the one that reads it, so that nothing in it is obeyed.

use crate::secret::Secret;

/// Who reads the assignments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    /// The Bourne shell's family (POSIX, 2.2).
    Posix,
    Fish,
    Powershell,
    Cmd,
    /// A file of `NAME=value` lines. Half of its readers (`docker --env-file`, `include` of make, `env $(cat FILE)`)
    /// do not know quotes, so only a value that the others would misread has any.
    Dotenv,
}

/// A value that cannot be written for a shell; the variable's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unquotable(pub(super) &'static str);

impl Shell {
    /// The lines that unset `rivals` and set `variables`. A file of variables can only set.
    pub(super) fn script(self, rivals: &[String], variables: &[(&'static str, Secret)]) -> Result<Secret, Unquotable> {
        let mut lines = self.unset(rivals);
        for (name, value) in variables {
            let value = value.expose();
            if !self.can_hold(value) {
                return Err(Unquotable(name));
            }
            lines.push_str(&self.set(name, value));
            lines.push('\n');
        }
        Ok(Secret::new(lines))
    }

    /// Whether a variable can be taken away again.
    pub(super) fn can_unset(self) -> bool {
        self != Self::Dotenv
    }

    fn unset(self, names: &[String]) -> String {
        if names.is_empty() {
            return String::new();
        }
        match self {
            Self::Posix => format!("unset {}\n", names.join(" ")),
            Self::Fish => format!("set -e {};\n", names.join(" ")),
            Self::Powershell => {
                let items: Vec<String> = names.iter().map(|name| format!("Env:{name}")).collect();
                format!("Remove-Item -ErrorAction SilentlyContinue {}\n", items.join(","))
            }
            Self::Cmd => names.iter().map(|name| format!("set \"{name}=\"\n")).collect(),
            Self::Dotenv => String::new(),
        }
    }

    fn can_hold(self, value: &str) -> bool {
        let unfit: &[char] = if self == Self::Cmd { &['"', '%', '!', '^'] } else { &[] };
        !value.contains(char::is_control) && !value.contains(unfit)
    }

    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Posix => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::Fish => format!("set -gx {name} '{}';", value.replace('\\', r"\\").replace('\'', r"\'")),
            Self::Powershell => format!("$Env:{name} = '{}'", doubled(value)),
            Self::Cmd => format!("set \"{name}={value}\""),
            Self::Dotenv if is_plain(value) => format!("{name}={value}"),
            Self::Dotenv => format!("{name}='{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        }
    }
}

/// PowerShell ends a text at any of five quotation marks (about_Quoting_Rules), unless there are two of them.
fn doubled(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            text.push(character);
        }
        text.push(character);
    }
    text
}

/// Whether everything that reads such a file takes the value as it stands. Keys and tokens (Base64) do.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./+=:@%,".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(shell: Shell, value: &str) -> Result<String, Unquotable> {
        shell
            .script(&["OLD".to_owned(), "B".to_owned()], &[("N", Secret::new(value))])
            .map(|text| text.expose().to_owned())
    }

    #[test]
    fn shells_never_execute_a_value() {
        let value = "a'b\\c$(d)\u{2019}";
        for (shell, text) in [
            (Shell::Posix, "unset OLD B\nexport N='a'\\''b\\c$(d)\u{2019}'\n"),
            (Shell::Fish, "set -e OLD B;\nset -gx N 'a\\'b\\\\c$(d)\u{2019}';\n"),
            (
                Shell::Powershell,
                "Remove-Item -ErrorAction SilentlyContinue Env:OLD,Env:B\n$Env:N = 'a''b\\c$(d)\u{2019}\u{2019}'\n",
            ),
            (Shell::Cmd, "set \"OLD=\"\nset \"B=\"\nset \"N=a'b\\c$(d)\u{2019}\"\n"),
            (Shell::Dotenv, "N='a\\'b\\\\c$(d)\u{2019}'\n"),
        ] {
            assert_eq!(script(shell, value).as_deref(), Ok(text), "{shell:?}");
        }
    }

    #[test]
    fn what_a_shell_cannot_hold_is_refused() {
        for shell in [Shell::Posix, Shell::Fish, Shell::Powershell, Shell::Cmd, Shell::Dotenv] {
            for value in ["a\nb", "a\rb", "a\0b", "a\u{1b}b"] {
                assert_eq!(script(shell, value), Err(Unquotable("N")), "{shell:?} {value:?}");
            }
        }
        for value in ["a%PATH%", "a!b", "a^b", "a\"b"] {
            assert_eq!(script(Shell::Cmd, value), Err(Unquotable("N")), "{value:?}");
        }
    }

    #[test]
    fn a_file_of_variables_has_quotes_only_where_they_are_needed() {
        for (value, line) in
            [("CAISz/+w=", "N=CAISz/+w=\n"), ("a b", "N='a b'\n"), ("a#b", "N='a#b'\n"), ("$x", "N='$x'\n")]
        {
            assert_eq!(script(Shell::Dotenv, value).as_deref(), Ok(line), "{value}");
        }
    }
}
