import { Compartment, EditorState, type Extension, Prec } from '@codemirror/state';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';

import { isModelCell, modelLanguage } from './modelLanguage';

/**
 * Gives `%%neuron` and `%%synapse` cells the highlighting of the model language.
 *
 * In every other cell this extension provides nothing, so that the kernel's language stays.
 */
export const highlighting: JupyterFrontEndPlugin<void> = {
  id: 'snnlab:highlighting',
  description: 'Highlights the equations of %%neuron and %%synapse cells.',
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  activate: (_app: JupyterFrontEnd, editors: IEditorExtensionRegistry) => {
    editors.addExtension({
      name: 'snnlab:highlighting',
      factory: options =>
        EditorExtensionRegistry.createImmutableExtension(
          followFirstLine(options.model.sharedModel.getSource())
        )
    });
  }
};

/** The language of a cell with this text, which follows the first line as it is typed. */
function followFirstLine(text: string): Extension {
  const place = new Compartment();
  return [
    place.of(languageFor(text.split('\n', 1)[0] ?? '')),
    EditorState.transactionExtender.of(transaction => {
      if (!transaction.docChanged) {
        return null;
      }
      const before = transaction.startState.doc.line(1).text;
      const after = transaction.newDoc.line(1).text;
      return isModelCell(before) === isModelCell(after)
        ? null
        : { effects: place.reconfigure(languageFor(after)) };
    })
  ];
}

function languageFor(firstLine: string): Extension {
  return isModelCell(firstLine) ? Prec.highest(modelLanguage) : [];
}
