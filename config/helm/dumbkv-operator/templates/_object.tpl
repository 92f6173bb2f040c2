{{/* An object of config/ with the labels of the values; `namespace` is set where one is given. */}}
{{- define "dumbkv.object" -}}
{{- $metadata := .object.metadata -}}
{{- $labels := merge (dict) (default dict $metadata.labels) .root.Values.labels -}}
{{- if $labels }}{{ $_ := set $metadata "labels" $labels }}{{ end -}}
{{- if .namespace }}{{ $_ := set $metadata "namespace" .namespace }}{{ end -}}
{{- toYaml .object -}}
{{- end }}

{{/* An object that outlives `helm uninstall` where the values say so. */}}
{{- define "dumbkv.kept" -}}
{{- if .root.Values.crds.keep -}}
{{- $metadata := .object.metadata -}}
{{- $keep := dict "helm.sh/resource-policy" "keep" -}}
{{- $_ := set $metadata "annotations" (merge $keep (default dict $metadata.annotations)) -}}
{{- end -}}
{{- include "dumbkv.object" . -}}
{{- end }}

{{/* A binding, whose subject is the service account of the release. */}}
{{- define "dumbkv.binding" -}}
{{- range .object.subjects }}{{ $_ := set . "namespace" $.root.Release.Namespace }}{{ end -}}
{{- include "dumbkv.object" . -}}
{{- end }}

{{/* The documents of a file that holds a Role and its RoleBinding, for one namespace. */}}
{{- define "dumbkv.roleAndBinding" -}}
{{- $documents := splitList "\n---\n" (.root.Files.Get .file) -}}
{{- $role := index $documents 0 | fromYaml -}}
{{- $binding := index $documents 1 | fromYaml -}}
{{- include "dumbkv.object" (dict "root" .root "object" $role "namespace" .namespace) }}
---
{{ include "dumbkv.binding" (dict "root" .root "object" $binding "namespace" .namespace) -}}
{{- end }}
