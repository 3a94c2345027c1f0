// Writes facts/go-fields-<release>.json: what only the Go types of Kubernetes tell about the protobuf messages of our fact
// table, read by reflection. Run once per Kubernetes release, in a folder of its own outside the repository:
//
//	go mod init go-fields && cp REPOSITORY/tools/api/go-fields/main.go .
//	go get k8s.io/{api,apimachinery,client-go,apiextensions-apiserver,kube-aggregator}@v0.36.0
//	go run . REPOSITORY/tools/api/facts 1.36
//
// One line per message, one word per field: the protobuf name, then marks, then `=` and the JSON name where it differs.
// `*` is a Go pointer, whose zero is a value; `!` is a field that JSON holds even where it is empty; `^` is an embedded
// struct, whose fields JSON has in place of it. A first word `/` is a message of an apiVersion and a kind. A field without
// any of this has no word.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	admission "k8s.io/api/admission/v1"
	apidiscovery "k8s.io/api/apidiscovery/v2"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// message gives the protobuf name of a Go type.
func message(t reflect.Type) string {
	return strings.NewReplacer("/", ".", "-", "_").Replace(t.PkgPath()) + "." + t.Name()
}

// word says of one field what the fact table does not.
func word(field reflect.StructField) string {
	var name string
	for _, part := range strings.Split(field.Tag.Get("protobuf"), ",") {
		if rest, found := strings.CutPrefix(part, "name="); found {
			name = rest
		}
	}
	options := strings.Split(field.Tag.Get("json"), ",")
	jsonName := options[0]
	has := func(option string) bool { return slices.Contains(options[1:], option) }
	if has("inline") || jsonName == "" && field.Anonymous {
		if name == "" {
			name = strings.ToLower(field.Name[:1]) + field.Name[1:]
		}
		return name + "^"
	}
	marks := ""
	if field.Type.Kind() == reflect.Pointer {
		marks += "*"
	}
	omitted := has("omitempty") && field.Type.Kind() != reflect.Struct || has("omitzero")
	if !omitted {
		marks += "!"
	}
	if jsonName != "" && jsonName != name {
		marks += "=" + jsonName
	}
	if marks == "" {
		return ""
	}
	return name + marks
}

func walk(t reflect.Type, found map[string]string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if _, done := found[message(t)]; done || t.Kind() != reflect.Struct {
		return
	}
	found[message(t)] = ""
	words := []string{}
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("protobuf")
		if field.Type == reflect.TypeFor[meta.TypeMeta]() && field.Anonymous {
			words = append([]string{"/"}, words...)
		} else if tag != "" && tag != "-" {
			if w := word(field); w != "" {
				words = append(words, w)
			}
			walk(field.Type, found)
		}
	}
	found[message(t)] = strings.Join(words, " ")
}

func main() {
	folder, release := os.Args[1], os.Args[2]
	var facts struct{ Protobuf map[string]any }
	text, err := os.ReadFile(filepath.Join(folder, "kubernetes-"+release+".json"))
	check(err)
	check(json.Unmarshal(text, &facts))

	for _, add := range []func(*runtime.Scheme) error{
		apiextensions.AddToScheme, apiregistration.AddToScheme, admission.AddToScheme, apidiscovery.AddToScheme,
		meta.AddMetaToScheme,
	} {
		check(add(scheme.Scheme))
	}
	found := map[string]string{}
	for kind, t := range scheme.Scheme.AllKnownTypes() {
		if kind.Version != runtime.APIVersionInternal {
			walk(t, found)
		}
	}
	names := []string{}
	for name := range found {
		if facts.Protobuf[name] != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out bytes.Buffer
	for i, name := range names {
		line, err := json.Marshal(map[string]string{name: found[name]})
		check(err)
		out.WriteString(map[bool]string{true: "{\n", false: ",\n"}[i == 0])
		out.Write(line[1 : len(line)-1])
	}
	out.WriteString("\n}\n")
	check(os.WriteFile(filepath.Join(folder, "go-fields-"+release+".json"), out.Bytes(), 0o644))
}
