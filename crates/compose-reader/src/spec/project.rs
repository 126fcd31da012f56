//! The sections of a compose file, in the order in which Docker Compose prints them, and the keys of what they declare.

use super::service::{JOB, SERVICE};
use super::types::*;
use super::{
    Fields, Form, IPAM_OPTIONS, JOBS, Key, Merge, Names, PathOf, Print, RESOURCE_NAMES, Short, Type, any, key,
};

/// A compose file.
pub const PROJECT: &Type = &Type::new(&[Form::Mapping(&Fields::closed(SECTIONS))], Print::Fields);

const SECTIONS: &[Key] = &[
    key("name", TEXT, "The name of the project."),
    key("version", UNPRINTED_TEXT, "Means nothing any more."),
    key("services", &section(&[Form::Mapping(&words(SERVICES))]), "The services of the project."),
    key("networks", &section(&[Form::Mapping(&words(NETWORKS).open())]), "Networks that services are on.")
        .until(&RESOURCE_NAMES),
    key("networks", &section(&[Form::Mapping(&words(NETWORKS))]), "Networks that services are on.")
        .since(&RESOURCE_NAMES),
    key("volumes", &section(&[Form::Mapping(&words(VOLUMES))]), "Volumes that services mount."),
    key("secrets", &section(&[Form::Mapping(&words(SECRETS))]), "Secrets that services may read."),
    key("configs", &section(&[Form::Mapping(&words(CONFIGS))]), "Configs that services mount."),
    key("models", &section(&[Form::Mapping(&words(MODELS).open())]), "AI models that services use.")
        .until(&RESOURCE_NAMES),
    key("models", &section(&[Form::Mapping(&words(MODELS))]), "AI models that services use.")
        .since(&RESOURCE_NAMES),
    key("jobs", &section(&[Form::Mapping(&words(JOB_NAMES))]), "Containers that run and end.").since(&JOBS),
    key("include", INCLUDES, "Other compose files that are part of the project."),
];

const fn words(keys: &'static [Key]) -> Fields {
    Fields::closed(keys).named(Names::Word)
}

const fn section(forms: &'static [Form]) -> Type {
    Type::new(forms, Print::Named)
}

const SERVICES: &[Key] = &[any(SERVICE, "A service.")];
const JOB_NAMES: &[Key] = &[any(JOB, "A job.")];

const EXTERNAL_KEYS: &[Key] =
    &[key("name", TEXT, "Its name outside: the old way to write `name` beside it.")];
const EXTERNAL: &Type = &Type::new(
    &[Form::Boolean, ANY_TEXT, Form::Mapping(&Fields::closed(EXTERNAL_KEYS))],
    Print::Boolean { keeps_false: false },
);
const OPEN_EXTERNAL: &Type = &Type::new(
    &[Form::Boolean, ANY_TEXT, Form::Mapping(&Fields::closed(EXTERNAL_KEYS).open())],
    Print::Boolean { keeps_false: false },
);

const POOL_KEYS: &[Key] = &[
    key("subnet", TEXT, "The addresses of the network: `172.28.0.0/16`."),
    key("gateway", TEXT, "The address of the gateway."),
    key("ip_range", TEXT, "The part of the subnet that containers get addresses from."),
    key("aux_addresses", TEXT_PAIRS, "Addresses that containers do not get, by host name."),
];
const POOLS: &Type =
    &Type::new(&[list(&Type::new(&[Form::Mapping(&Fields::closed(POOL_KEYS))], Print::Fields))], Print::List);
const IPAM_KEYS: &[Key] = &[
    key("driver", TEXT, "The driver that gives out addresses."),
    key("config", POOLS, "Subnets, each with its addresses.").merge(Merge::Pools),
    key("options", UNPRINTED_TEXT_PAIRS, "Options of that driver.").until(&IPAM_OPTIONS),
    key("options", TEXT_PAIRS, "Options of that driver.").since(&IPAM_OPTIONS),
];
const NETWORK_KEYS: &[Key] = &[
    key("name", TEXT, "Its name in Docker, in place of one with the project's before it."),
    key("driver", TEXT, "The driver: `bridge`, `overlay`, `macvlan`."),
    key("driver_opts", OPTIONS, "Options of the driver."),
    key(
        "ipam",
        &Type::new(&[Form::Mapping(&Fields::closed(IPAM_KEYS))], Print::AlwaysFields),
        "The addresses of the network.",
    ),
    key("external", EXTERNAL, "It is made elsewhere, and has to be there.").cast(),
    key("internal", BOOLEAN, "Keeps its containers from the outside.").cast(),
    key("attachable", BOOLEAN, "Lets containers join that belong to no service.").cast(),
    key("labels", PAIRS, "Labels of the network.").merge(Merge::Pairs),
    key("enable_ipv4", OPTIONAL_BOOLEAN, "Whether it has IPv4.").cast(),
    key("enable_ipv6", OPTIONAL_BOOLEAN, "Whether it has IPv6.").cast(),
];
const NETWORKS: &[Key] = &[any(
    &Type::new(&[Form::Null, Form::Mapping(&Fields::closed(NETWORK_KEYS))], Print::Fields)
        .short(Short::External),
    "A network.",
)];

const VOLUME_KEYS: &[Key] = &[
    key("name", TEXT, "Its name in Docker, in place of one with the project's before it."),
    key("driver", TEXT, "The driver: `local`, or a plugin."),
    key("driver_opts", OPTIONS, "Options of the driver.").path(PathOf::BindDevice),
    key("external", EXTERNAL, "It is made elsewhere, and has to be there.").cast(),
    key("labels", PAIRS, "Labels of the volume.").merge(Merge::Pairs),
];
const VOLUMES: &[Key] = &[any(
    &Type::new(&[Form::Null, Form::Mapping(&Fields::closed(VOLUME_KEYS))], Print::Fields)
        .short(Short::External),
    "A volume.",
)];

const SECRET_KEYS: &[Key] = &[
    key("name", TEXT, "Its name in Docker, in place of one with the project's before it."),
    key("file", TEXT, "The file that holds it.").path(PathOf::Engine),
    key("environment", TEXT, "The variable, beside Compose, that holds it."),
    key("external", OPEN_EXTERNAL, "It is made elsewhere, and has to be there.").cast(),
    key("labels", PAIRS, "Labels of the secret."),
    key("driver", TEXT, "The driver that keeps it, in a swarm."),
    key("driver_opts", OPTIONS, "Options of that driver."),
    key("template_driver", TEXT, "The driver that fills it in, in a swarm."),
];
const SECRETS: &[Key] = &[any(
    &Type::new(&[Form::Mapping(&Fields::closed(SECRET_KEYS))], Print::Fields).short(Short::External),
    "A secret.",
)];

const CONFIG_KEYS: &[Key] = &[
    key("name", TEXT, "Its name in Docker, in place of one with the project's before it."),
    key("file", TEXT, "The file that holds it.").path(PathOf::Engine),
    key("environment", TEXT, "The variable, beside Compose, that holds it."),
    key("content", TEXT, "What it holds, with variables replaced."),
    key("external", OPEN_EXTERNAL, "It is made elsewhere, and has to be there.").cast(),
    key("labels", PAIRS, "Labels of the config."),
    key("template_driver", TEXT, "The driver that fills it in, in a swarm."),
];
const CONFIGS: &[Key] = &[any(
    &Type::new(&[Form::Mapping(&Fields::closed(CONFIG_KEYS))], Print::Fields).short(Short::External),
    "A config.",
)];

const MODEL_KEYS: &[Key] = &[
    key("name", TEXT, "Its name, in place of one with the project's before it."),
    key("model", TEXT, "The model to run: `ai/smollm2`."),
    key("context_size", STRICT_WHOLE, "How many tokens its context holds."),
    key("runtime_flags", TEXTS, "Arguments of the program that runs it."),
];
const MODELS: &[Key] = &[any(
    &Type::new(&[Form::Mapping(&Fields::closed(MODEL_KEYS).requires(&["model"]))], Print::Fields),
    "A model.",
)];

const INCLUDE_KEYS: &[Key] = &[
    key("path", ONE_OR_MANY, "The compose file, or several that are merged."),
    key("env_file", ONE_OR_MANY, "Files with variables of what is included."),
    key("project_directory", TEXT, "The folder that its relative paths are seen from."),
];
const INCLUDES: &Type = &Type::new(
    &[list(&Type::new(
        &[ANY_TEXT, Form::Mapping(&Fields::closed(INCLUDE_KEYS).without_extensions())],
        Print::Fields,
    ))],
    Print::List,
);
