{{/* Names, labels and what all pods share. */}}

{{- define "escucha.name" -}}
{{- printf "%s" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "escucha.selector" -}}
app.kubernetes.io/name: escucha
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "escucha.labels" -}}
{{ include "escucha.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "escucha.image" -}}
{{- with .Values.image.digest -}}
{{ $.Values.image.repository }}@{{ . }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end -}}

{{- define "escucha.claim" -}}
{{ .Values.persistence.existingClaim | default (include "escucha.name" .) }}
{{- end -}}

{{/* "yes" where models are in object storage: then workers and console need no volume. */}}
{{- define "escucha.modelsElsewhere" -}}
{{- if contains "://" (default "" .Values.settings.ESCUCHA_MODEL_STORE | toString) }}yes{{ end -}}
{{- end -}}

{{/* The Secret with the client certificate of .role; empty: brokers want none. */}}
{{- define "escucha.certificate" -}}
{{- with .root.Values.kafka.certificates.secrets }}
{{- if not (hasSuffix "SSL" $.root.Values.kafka.security) }}
{{- fail "kafka.certificates are shown over TLS only: set kafka.security to SSL or SASL_SSL" }}
{{- end }}
{{- required (printf "kafka.certificates.secrets lacks the role %s" $.role) (get . $.role) }}
{{- end }}
{{- end -}}

{{/* Of the pod: its selector, whether it may reach the world, and whether it has the volume. */}}
{{- define "escucha.podLabels" -}}
{{ include "escucha.labels" . }}
{{- if .outward }}
escucha/outward: "yes"
{{- end }}
{{- if not .ephemeral }}
escucha/state: shared
{{- end }}
{{- end -}}

{{/* Of the pod. A number: runAsNonRoot cannot look up the image's names. */}}
{{- define "escucha.pod" -}}
serviceAccountName: {{ include "escucha.name" .root }}{{ with .account }}-{{ . }}{{ end }}
automountServiceAccountToken: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and (not .ephemeral) (ne .root.Values.persistence.accessMode "ReadWriteMany") }}
affinity: # such a volume is on one node, and so is whoever has it
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            app.kubernetes.io/name: escucha
            app.kubernetes.io/instance: {{ .root.Release.Name }}
            escucha/state: shared
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: state
    {{- if .ephemeral }}
    emptyDir:
      sizeLimit: 1Gi
    {{- else }}
    persistentVolumeClaim:
      claimName: {{ include "escucha.claim" .root }}
    {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 512Mi
  {{- with .root.Values.kafka.ca.configMap }}
  - name: kafka-ca
    configMap:
      name: {{ . }}
  {{- end }}
  {{- with include "escucha.certificate" . }}
  - name: kafka-certificate
    secret:
      secretName: {{ . }}
      defaultMode: 0440
  {{- end }}
  {{- with .root.Values.clickhouse.ca.configMap }}
  - name: clickhouse-ca
    configMap:
      name: {{ . }}
  {{- end }}
{{- end -}}

{{/* Of the container. */}}
{{- define "escucha.container" -}}
image: {{ include "escucha.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: state
    mountPath: /var/lib/escucha
  - name: tmp
    mountPath: /tmp
  {{- if .root.Values.kafka.ca.configMap }}
  - name: kafka-ca
    mountPath: /etc/escucha/kafka
    readOnly: true
  {{- end }}
  {{- if include "escucha.certificate" . }}
  - name: kafka-certificate
    mountPath: /etc/escucha/kafka-certificate
    readOnly: true
  {{- end }}
  {{- if .root.Values.clickhouse.ca.configMap }}
  - name: clickhouse-ca
    mountPath: /etc/escucha/clickhouse
    readOnly: true
  {{- end }}
{{- end -}}

{{/* ESCUCHA_… of one role (worker, producer, signals, console, operator). */}}
{{- define "escucha.env" -}}
{{- $values := .root.Values -}}
- name: ESCUCHA_RUN_DIR
  value: /var/lib/escucha
- name: ESCUCHA_LOG_FORMAT
  value: json
- name: ESCUCHA_KAFKA_BOOTSTRAP
  value: {{ $values.kafka.bootstrap | quote }}
- name: ESCUCHA_KAFKA_SECURITY
  value: {{ $values.kafka.security }}
{{- if hasPrefix "SASL" $values.kafka.security }}
- name: ESCUCHA_KAFKA_SASL_MECHANISM
  value: {{ $values.kafka.saslMechanism }}
- name: ESCUCHA_KAFKA_USER
  value: {{ index $values.kafka.users .role | quote }}
- name: ESCUCHA_KAFKA_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $values.secret.name }}
      key: kafka-{{ .role }}-password
{{- end }}
{{- if $values.kafka.ca.configMap }}
- name: ESCUCHA_KAFKA_CA_FILE
  value: /etc/escucha/kafka/{{ $values.kafka.ca.key }}
{{- end }}
{{- if include "escucha.certificate" . }}
- name: ESCUCHA_KAFKA_CERT_FILE
  value: /etc/escucha/kafka-certificate/{{ $values.kafka.certificates.cert }}
- name: ESCUCHA_KAFKA_KEY_FILE
  value: /etc/escucha/kafka-certificate/{{ $values.kafka.certificates.key }}
{{- end }}
- name: ESCUCHA_KAFKA_GROUP
  value: {{ $values.kafka.group | quote }}
- name: ESCUCHA_MENTIONS_TOPIC
  value: {{ $values.kafka.mentionsTopic | quote }}
- name: ESCUCHA_KAFKA_PARTITIONS
  value: {{ $values.kafka.partitions | quote }}
- name: ESCUCHA_KAFKA_REPLICATION
  value: {{ $values.kafka.replication | quote }}
- name: ESCUCHA_CLICKHOUSE_URL
  value: {{ $values.clickhouse.url | quote }}
- name: ESCUCHA_CLICKHOUSE_DATABASE
  value: {{ $values.clickhouse.database | quote }}
{{- with $values.clickhouse.cluster }}
- name: ESCUCHA_CLICKHOUSE_CLUSTER
  value: {{ . | quote }}
{{- end }}
{{- if $values.clickhouse.ca.configMap }}
- name: ESCUCHA_CLICKHOUSE_CA_FILE
  value: /etc/escucha/clickhouse/{{ $values.clickhouse.ca.key }}
{{- end }}
{{- if eq .role "console" }}
- name: ESCUCHA_CLICKHOUSE_READER_USER
  value: {{ $values.clickhouse.readerUser | quote }}
- name: ESCUCHA_CLICKHOUSE_READER_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $values.secret.name }}
      key: clickhouse-reader-password
{{- end }}
{{- if ne .role "producer" }}
- name: ESCUCHA_CLICKHOUSE_USER
  value: {{ $values.clickhouse.user | quote }}
- name: ESCUCHA_CLICKHOUSE_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $values.secret.name }}
      key: clickhouse-password
{{- if and $values.secret.authorKeys (not (has .role (list "console" "signals"))) }}
- name: ESCUCHA_AUTHOR_KEYS
  valueFrom:
    secretKeyRef:
      name: {{ $values.secret.name }}
      key: author-keys
{{- end }}
{{- end }}
{{- range $name, $value := $values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $from := $values.secretSettings }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.name }}
      key: {{ $from.key }}
{{- end }}
{{- end -}}
