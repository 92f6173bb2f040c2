# The operator of CloudNativePG in place of its own image, where no registry can be reached: one program, which it also
# copies into the pods of each Postgres.
FROM scratch
COPY files/ /
USER 65532:65532
ENTRYPOINT ["/manager"]
