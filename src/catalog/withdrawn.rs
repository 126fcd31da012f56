//! Images that are gone or given up, each with what has taken its place.
//!
//! Source: the projects' own announcements and archived repositories, as of August 2026.

/// An image that should not be used any more.
#[derive(Debug)]
pub struct Withdrawn {
    /// The image, without registry prefixes that are implied and without tag.
    pub image: &'static str,
    /// What has become of it.
    pub what: &'static str,
    /// What to use.
    pub instead: &'static str,
}

const WITHDRAWN: [Withdrawn; 16] = [
    withdrawn("minio/minio", "no longer on Docker Hub", "`use: minio`, from quay.io/minio/minio"),
    withdrawn("minio/mc", "no longer on Docker Hub", "quay.io/minio/mc"),
    withdrawn("grafana/promtail", "at its end of life since March 2026", "`use: alloy`, grafana/alloy"),
    withdrawn("mailhog/mailhog", "unmaintained since 2022", "`use: mailpit`, axllent/mailpit"),
    withdrawn("provectuslabs/kafka-ui", "given up", "`use: kafka-ui`, ghcr.io/kafbat/kafka-ui"),
    withdrawn("obsidiandynamics/kafdrop", "seldom maintained", "`use: kafka-ui`, ghcr.io/kafbat/kafka-ui"),
    withdrawn("mongo-express", "no longer an official image", "mongosh in the database's container"),
    withdrawn("temporalio/auto-setup", "deprecated", "`use: temporal`"),
    withdrawn("gcr.io/cadvisor/cadvisor", "at its end with 0.52", "`use: cadvisor`, ghcr.io/google/cadvisor"),
    withdrawn("jaegertracing/all-in-one", "at its end of life", "`use: jaeger`, jaegertracing/jaeger"),
    withdrawn("vault", "no longer an official image", "`use: vault`, hashicorp/vault"),
    withdrawn("consul", "no longer an official image", "`use: consul`, hashicorp/consul"),
    withdrawn("jboss/keycloak", "archived", "`use: keycloak`, quay.io/keycloak/keycloak"),
    withdrawn("wurstmeister/kafka", "obsolete", "`use: kafka`, apache/kafka without ZooKeeper"),
    withdrawn("wurstmeister/zookeeper", "obsolete", "`use: kafka`, which needs no ZooKeeper"),
    withdrawn("confluentinc/cp-zookeeper", "of no use to Kafka 4", "`use: kafka`, which needs no ZooKeeper"),
];

const fn withdrawn(image: &'static str, what: &'static str, instead: &'static str) -> Withdrawn {
    Withdrawn { image, what, instead }
}

/// What is known of an image that is gone, by its reference in a service.
pub fn withdrawn_image(reference: &str) -> Option<&'static Withdrawn> {
    let name = reference.split('@').next().unwrap_or_default();
    let tag = name.rfind(':').filter(|at| !name[*at..].contains('/')).unwrap_or(name.len());
    let name = name[..tag].trim_start_matches("docker.io/").trim_start_matches("library/");
    WITHDRAWN.iter().find(|withdrawn| withdrawn.image == name)
}

/// What is known of an image that is gone, by the name that a template for it would have.
pub fn withdrawn_template(name: &str) -> Option<&'static Withdrawn> {
    WITHDRAWN.iter().find(|withdrawn| withdrawn.image.rsplit('/').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::{withdrawn_image, withdrawn_template};

    #[test]
    fn an_image_is_known_with_and_without_tag() {
        for reference in ["mailhog/mailhog", "mailhog/mailhog:v1.0.1", "docker.io/mailhog/mailhog@sha256:00"]
        {
            assert!(withdrawn_image(reference).is_some(), "{reference}");
        }
        for reference in
            ["hashicorp/vault:1.20", "quay.io/minio/minio", "registry:5000/vault", "axllent/mailpit"]
        {
            assert!(withdrawn_image(reference).is_none(), "{reference}");
        }
        assert!(withdrawn_template("promtail").is_some());
    }
}
