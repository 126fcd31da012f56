# The program alone, in an image from scratch: docker run --rm -v "$PWD:/work" stackgen lint
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY . .
RUN cargo build --locked --release && cp target/release/stackgen /stackgen

FROM scratch
COPY --from=build /stackgen /stackgen
WORKDIR /work
USER 65534:65534
ENTRYPOINT ["/stackgen"]
CMD ["lint"]
