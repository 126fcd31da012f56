//! `stack.yaml` as typed values, each with the place where it is written.

mod compose_keys;
mod environment;
mod external;
mod forms;
mod keys;
mod layer;
mod lock;
mod need;
mod override_form;
mod port;
mod read;
mod schema;
mod secret;
mod service;
mod smoke;
mod spanned;
mod stack;
mod tier;
mod upkeep;

pub use compose_reader::values::{HostPort, PortRange};

pub use compose_keys::{ComposeKey, Shape, compose_key, compose_keys};
pub use environment::{DefaultEnvironment, ENVIRONMENTS, Environment, Mode};
pub use external::{External, ExternalPort};
pub use layer::{Health, Layer, Metrics, OFFERED, OwnKey, Probe, Run, Use};
pub use lock::{Lock, read_lock};
pub use need::{Need, Wait};
pub use port::{Endpoint, Publish, Published, VariablePort};
pub use read::{includes, read, smoke_checks};
pub use schema::schema;
pub use secret::{Encoding, SECRET_LENGTH, Secret, SecretSource, SecretUse};
pub use service::{Override, Service};
pub use smoke::{SMOKE_DEADLINE, SmokeCheck, SmokeQuestion};
pub use spanned::Spanned;
pub use stack::{EnvExample, Exporters, Instances, Observability, ReservedPort, Stack};
pub use tier::{Tier, TierKind};
pub use upkeep::{Backups, IMAGE_TAG, Images};
