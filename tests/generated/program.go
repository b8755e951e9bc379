// The API by the Go client of openapi-generator.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	installs "example.com/integration/installs"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func answer[T any](value T, _ *http.Response, err error) T {
	return must(value, err)
}

func main() {
	settings := installs.NewConfiguration()
	settings.Servers = installs.ServerConfigurations{{URL: os.Getenv("BASE_URL")}}
	api := installs.NewAPIClient(settings).InstallsAPI
	ctx := context.WithValue(context.Background(), installs.ContextAccessToken, os.Getenv("TOKEN"))

	name, yes, policy := "CR", true, installs.MEMBERPOLICY_MANUAL
	filter := installs.InstallFilter{
		Variables: &installs.JsonComparison{JsonPathOperators: &installs.JsonPathOperators{
			Path: []string{"pages"}, Eq: &installs.JsonScalar{Bool: &yes},
		}},
		OR: []installs.InstallFilter{
			{MemberPolicy: &installs.MemberPolicyComparison{
				MemberPolicyOperators: &installs.MemberPolicyOperators{Neq: &policy},
			}},
			{Integration: &installs.OptionalIntegrationFilter{Slug: &installs.StringComparison{
				StringOperators: &installs.StringOperators{StartsWithi: &name},
			}}},
		},
		NOT: &installs.InstallFilter{Members: &installs.IntegrationMemberListFilter{
			Some: &installs.IntegrationMemberFilter{Enabled: &installs.BooleanComparison{Bool: &yes}},
		}},
	}
	text := must(json.Marshal(filter))
	list := api.ListInstalls(ctx).Filter(string(text)).OrderBy(`[{"installedAt":"asc"}]`).Limit(20)
	first := answer(list.Execute())
	second := answer(list.After(first.PageInfo.GetEndCursor()).Execute())
	uninstalled := answer(api.UninstallInstall(ctx, "ins_generated").Execute())
	inTrash := answer(api.GetInstall(ctx, "ins_generated").Execute())
	restored := answer(api.RestoreInstall(ctx, "ins_generated").Execute())
	_, _, err := api.GetInstall(ctx, "ins_nobody").Execute()
	var refused *installs.GenericOpenAPIError
	if !errors.As(err, &refused) {
		panic(err)
	}
	absent := refused.Model().(installs.Problem)

	ids := []string{}
	for _, row := range append(first.Data, second.Data...) {
		ids = append(ids, row.Id)
	}
	report := map[string]any{
		"ids": ids, "total": first.PageInfo.Total, "uninstalled": uninstalled.Success,
		"tier": inTrash.GetRetentionTier(), "restored": restored.DeletedAt, "absent": absent.Code,
	}
	fmt.Println(string(must(json.Marshal(report))))
}
