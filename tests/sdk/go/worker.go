// The official Go SDK, which Terraform and Pulumi use, as a program: a command a line in, an answer a line out.
package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/aliyun/credentials-go/credentials/providers"
)

func client(kind, what string) (credentials.Credential, error) {
	switch kind {
	case "profile":
		provider, err := providers.NewCLIProfileCredentialsProviderBuilder().WithProfileName(what).Build()
		if err != nil {
			return nil, err
		}
		return credentials.FromCredentialsProvider("cli_profile", provider), nil
	case "uri":
		return credentials.NewCredential(new(credentials.Config).SetType("credentials_uri").SetURLCredential(what))
	default:
		return credentials.NewCredential(nil)
	}
}

func answer(kind, what string) (string, error) {
	credential, err := client(kind, what)
	if err != nil {
		return "", err
	}
	got, err := credential.GetCredential()
	if err != nil {
		return "", err
	}
	parts := []string{*got.AccessKeyId, *got.AccessKeySecret, *got.SecurityToken}
	digest := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(parts, "\n"))))
	return parts[0] + " " + digest[:12], nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		kind, what, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if text, err := answer(kind, what); err != nil {
			fmt.Println("!", strings.Join(strings.Fields(err.Error()), " "))
		} else {
			fmt.Println("=", text)
		}
	}
}
