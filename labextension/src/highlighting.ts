import { language } from '@codemirror/language';
import { Prec } from '@codemirror/state';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';

import { isModelCell, modelLanguage } from './modelLanguage';

/**
 * Gives `%%neuron` and `%%synapse` cells the highlighting of the model language.
 *
 * The language follows the first line as it is typed. In every other cell this
 * extension provides nothing, so that the kernel's language stays.
 */
export const highlighting: JupyterFrontEndPlugin<void> = {
  id: 'snnlab:highlighting',
  description: 'Highlights the equations of %%neuron and %%synapse cells.',
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  activate: (_app: JupyterFrontEnd, editors: IEditorExtensionRegistry) => {
    const followFirstLine = Prec.highest(
      language.computeN(['doc'], state =>
        isModelCell(state.doc.line(1).text) ? [modelLanguage] : []
      )
    );
    editors.addExtension({
      name: 'snnlab:highlighting',
      factory: () => EditorExtensionRegistry.createImmutableExtension(followFirstLine)
    });
  }
};
