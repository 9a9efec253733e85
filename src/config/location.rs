//! Where the shared file is. The sandbox's own file is the command line's business.

use std::path::{Path, PathBuf};

/// The path of the shared file: `--config-path`, else `ALIBABA_CLOUD_CONFIG_FILE` (which credentials-go reads
/// too), else `.aliyun/config.json` in the home directory. Empty texts do not count. `None` when nothing says.
pub fn locate(flag: Option<&Path>, variable: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
    let said = |path: Option<&Path>| path.filter(|path| !path.as_os_str().is_empty()).map(Path::to_path_buf);
    said(flag).or_else(|| said(variable)).or_else(|| Some(said(home)?.join(".aliyun").join("config.json")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_precedes_the_variable_and_the_home() {
        let [flag, variable, home] = ["a", "b", "c"].map(|text| Some(Path::new(text)));
        assert_eq!(locate(flag, variable, home), Some("a".into()));
        assert_eq!(locate(None, variable, home), Some("b".into()));
        assert_eq!(locate(Some(Path::new("")), Some(Path::new("")), home), Some("c/.aliyun/config.json".into()));
        assert_eq!(locate(None, None, None), None);
    }
}
