// One binary for the control plane of the development and test stack:
//
//	kube kube-apiserver [flags]
//	kube kube-controller-manager [flags]
//
// It only calls the published command packages; nothing in them is changed. One binary is half the
// size of two, and links once.
package main

import (
	"fmt"
	"os"
	_ "time/tzdata"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	var command *cobra.Command
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "kube-apiserver":
			command = apiserver.NewAPIServerCommand()
		case "kube-controller-manager":
			command = controllers.NewControllerManagerCommand()
		}
	}
	if command == nil {
		fmt.Fprintln(os.Stderr, "usage: kube kube-apiserver|kube-controller-manager [flags]")
		os.Exit(2)
	}
	// The commands parse os.Args themselves and expect their own name first.
	os.Args = os.Args[1:]
	os.Exit(cli.Run(command))
}
