//! `stackgen migrate`.

use super::{THREE_LEVELS, codes};
use crate::common::{code, folder, page, write};

const DCLINT: &str = r#"{
  "rules": {
    "no-duplicate-exported-ports": 1,
    "no-unbound-port-interfaces": 0,
    "service-image-require-explicit-tag": [2, { "prohibitedTags": ["latest"] }],
    "service-keys-order": 0,
    "no-such-rule": 1
  },
  "exclude": ["vendor"]
}
"#;

#[test]
fn a_dclintrc_becomes_a_stackgen_toml() {
    let folder = folder(&[(".dclintrc.json", DCLINT), ("compose.yaml", THREE_LEVELS)]);
    let printed = page(&folder, &["migrate", "dclint", "--stdout"]);
    for line in [
        "port-collision = \"warning\" # no-duplicate-exported-ports",
        "unbound-port = \"off\" # no-unbound-port-interfaces",
        "container-name-collision = \"error\" # no-duplicate-container-names",
        "floating-tag = \"error\" # service-image-require-explicit-tag",
        "# service-image-require-explicit-tag: its options have no counterpart.",
        "# no-quotes-in-volumes: nothing here is like it.",
        "# no-such-rule: dclint 3.1 has no such rule.",
        "# exclude vendor: write it into .gitignore or .ignore, which are honoured.",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line}\n{printed}");
    }
    insta::assert_snapshot!(page(&folder, &["migrate", "dclint"]), @r"
    $ stackgen migrate dclint
    --- standard error
    wrote `stackgen.toml`
    --- exit code 0
    ");
    // What was written is read, and holds.
    assert_eq!(codes(&folder, &["--fail-on=error", "-q"]), Vec::<String>::new());
    assert_eq!(code(&folder, &["migrate", "dclint"]), Some(2));
}

#[test]
fn what_is_no_dclintrc_is_refused() {
    let folder = folder(&[]);
    assert_eq!(code(&folder, &["migrate", "dclint"]), Some(2));
    for text in ["[]", "rules: {no-version-field: 3}", "rules: {no-version-field: often}", "a: ["] {
        write(&folder, ".dclintrc", text);
        assert_eq!(code(&folder, &["migrate", "dclint", "--stdout"]), Some(2), "{text}");
    }
    write(&folder, ".dclintrc", "rules: {}\n");
    assert_eq!(code(&folder, &["migrate", "dclint", "--stdout"]), Some(0));
}
